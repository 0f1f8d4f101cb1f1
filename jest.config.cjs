const swc = (parser, transform) => [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser, keepClassNames: true, transform },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

// These ship ES modules only. Jest cannot `require` those before Node 24.9, so they are compiled like our own code.
const esmOnly = [
  '@borewit',
  '@nestjs',
  '@tokenizer',
  'content-disposition',
  'cookie',
  'eventsource-parser',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  'uuid',
];

const shared = {
  testEnvironment: 'node',
  // Without this, each use of `Math` is looked up outside of the sandbox: transforms and simulated waveforms take many times as long.
  sandboxInjectedGlobals: ['Math'],
  transform: {
    '^.+\\.ts$': swc(
      { syntax: 'typescript', decorators: true },
      // As in tsconfig.json: entities must have the same shape in tests and in the build.
      { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    ),
    '^.+\\.m?js$': swc({ syntax: 'ecmascript' }),
  },
  modulePathIgnorePatterns: ['<rootDir>/.stryker/'], // Copies of the repository, while mutation tests run.
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly.join('|')})(?:/|$))`],
};

/** Suites that need PostgreSQL share one server, started before them and stopped after them. */
const withDatabase = {
  ...shared,
  // Long, for a busy machine with two cores: no test asserts a time by it.
  setupFilesAfterEnv: ['<rootDir>/test/support/timeouts.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  // More than two cores can keep busy: a suite often waits, for a time-out or for a program to end.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/support/slow-first.cjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{src,simulator,bench,demo,test/fuzz,web/src}/**/*.spec.ts'],
    },
    { ...withDatabase, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.spec.ts'] },
    { ...withDatabase, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
    { ...withDatabase, displayName: 'browser', testMatch: ['<rootDir>/test/browser/**/*.spec.ts'] },
    { ...withDatabase, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.spec.ts'] },
  ],
};
