// Preloaded into every measured process with `--require`; the program does not know of it. Smaller than the probe of the soak,
// whose timer would add to the cost of an idle process.
process.on('message', (question) => {
  if (question !== 'collect') return;
  globalThis.gc?.();
  process.send?.('collected');
});

// The measuring process has stopped this one, or is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
