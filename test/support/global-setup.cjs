const bundle = require('./bundle.cjs');

/** Runs once before the suites that need PostgreSQL. */
module.exports = async function globalSetup() {
  await bundle();
  const { startTestServer } = require(process.env['BUNDLED_SOURCES'])('test/support/test-server.ts');
  await startTestServer();
};
