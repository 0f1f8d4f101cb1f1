/** Runs once after the suites that need PostgreSQL. */
module.exports = async function globalTeardown() {
  const { stopTestServer } = require(process.env['BUNDLED_SOURCES'])('test/support/test-server.ts');
  await stopTestServer();
};
