// Preloaded into every process that is measured, by `--require`: what is measured knows nothing of it. Smaller than the probe of
// the soak, whose timer would be a part of what an idle process costs.
process.on('message', (question) => {
  if (question !== 'collect') return;
  globalThis.gc?.();
  process.send?.('collected');
});

// Whoever measures has ended it, or is gone, in whatever way.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
