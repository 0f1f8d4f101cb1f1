const swc = (parser, transform) => [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser, keepClassNames: true, transform },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

const shared = {
  // Without these Jest lists every file of node_modules and dist at its start, once for each project.
  roots: ['bench', 'demo', 'migrations', 'simulator', 'src', 'test', 'web/src'].map((folder) => `<rootDir>/${folder}`),
  testEnvironment: '<rootDir>/test/support/jest/shared-realm.cjs',
  runtime: '<rootDir>/test/support/jest/shared-packages.cjs',
  transform: {
    '^.+\\.ts$': swc(
      { syntax: 'typescript', decorators: true },
      // As in tsconfig.json: entities must have the same shape in tests and in the build.
      { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    ),
  },
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
  // Also has the effect that even a single suite runs in a worker: Jest itself would use the timers that it fakes.
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/test/support/jest/slow-first.cjs',
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
