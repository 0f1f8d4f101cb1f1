import { createRequire } from 'node:module';

const { projects } = createRequire(import.meta.url)('./jest.config.cjs');
const unit = projects.find(({ displayName }) => displayName === 'unit');

// What mutation tests of every group share: scripts/mutation.mjs adds the files and the specs of one group.
export default {
  testRunner: 'jest',
  // Without other projects, so that no database is started. Jest takes an empty list for none. Not all folders are copied.
  jest: {
    projectType: 'custom',
    config: { ...unit, roots: ['<rootDir>'], projects: [] },
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  incremental: true,
  reporters: ['progress-append-only', 'clear-text'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  cleanTempDir: 'always',
  // What is copied for the specs to run in: the fewer files, the faster Jest starts for each mutant.
  ignorePatterns: [
    '**',
    '!src/**',
    '!test/{support,unit-support}/**',
    '!jest.config.cjs',
    '!tsconfig.json',
    '!package.json',
  ],
  disableTypeChecks: false, // The specs are compiled without a check of types.
  ignorers: ['openapi-text'],
  plugins: ['@stryker-mutator/jest-runner', './scripts/stryker-ignorers.mjs'],
};
