import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './', // The service writes the way to the files into the page, see src/console/console.ts.
  build: {
    outDir: '../dist/web.next', // `scripts/publish-web.mjs` moves it to its place.
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // The content policy allows no data: URL of a script or a font.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // One file with all that every page needs, instead of one for each set of pages that share something.
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
      // Packages mark what a server must not render; here, nothing is rendered on a server.
      onwarn: (warning, report) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') report(warning);
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    // The service refuses changes that come from another origin than the one that was asked.
    proxy: { '/api': { target: 'http://127.0.0.1:3000', changeOrigin: false } },
  },
});
