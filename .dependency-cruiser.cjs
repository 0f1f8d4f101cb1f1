/** Who may import whom: see docs/architecture.md. Specs may import what they test with. */
const ROOMS = {
  common: [],
  analysis: [],
  config: ['common'],
  events: ['common'],
  bus: ['common', 'config'],
  logging: ['config'],
  crypto: ['common', 'config'],
  'gateway-client/failure': [],
  'gateway-client/protocol': [],
  'gateway-client/transport': ['common', 'gateway-client/failure'],
  'gateway-client/conversation': ['gateway-client/failure', 'gateway-client/protocol', 'gateway-client/transport'],
  'http/contract': ['common'],
  'http/errors': ['common', 'http/contract'],
  'http/edge': ['common', 'http/contract', 'http/errors'],
  'http/openapi': ['common', 'http/contract'],
  database: ['common', 'config'],
  'embedded-postgres': ['config', 'database'],
  ownership: ['bus', 'common', 'config', 'database'],
  routing: ['bus', 'common', 'crypto', 'ownership'],
  organizations: ['common', 'database', 'events', 'http/contract'],
  'api-keys': ['common', 'config', 'database', 'events', 'http/contract', 'organizations'],
  factories: ['common', 'database', 'events', 'http/contract', 'organizations'],
  gateways: [
    ...['common', 'config', 'crypto', 'database', 'events', 'factories', 'gateway-client/transport'],
    ...['http/contract', 'organizations'],
  ],
  status: [
    ...['common', 'config', 'database', 'events', 'gateway-client/failure', 'gateways', 'http/contract', 'ownership'],
    'routing',
  ],
  replicas: [
    ...['bus', 'common', 'config', 'events', 'gateways', 'http/contract', 'organizations', 'ownership', 'routing'],
    ...['status', 'stream'],
  ],
  fleet: ['common', 'factories', 'gateway-client/failure', 'http/contract', 'status'],
  audit: ['common', 'config', 'database', 'http/contract', 'status'],
  'sign-in': ['api-keys', 'audit', 'common', 'config', 'crypto', 'http/contract', 'http/edge'],
  'login-budget': ['common', 'crypto', 'database', 'gateways', 'ownership', 'status'],
  'connections/session': [...['common', 'events', 'gateway-client', 'gateways', 'login-budget', 'status']],
  connections: [
    ...['bus', 'common', 'config', 'connections/session', 'events', 'gateway-client/conversation'],
    ...['gateway-client/transport', 'gateways', 'http/contract', 'login-budget', 'organizations', 'ownership'],
    ...['routing', 'status'],
  ],
  'connection-tests': [
    ...['audit', 'common', 'connections', 'crypto', 'events', 'gateway-client', 'gateways', 'http/contract'],
    ...['login-budget', 'routing', 'status'],
  ],
  sensors: [
    ...['common', 'config', 'connections', 'connections/session', 'database', 'events', 'gateway-client/conversation'],
    ...['gateway-client/protocol', 'gateways', 'http/contract', 'routing', 'status'],
  ],
  severity: ['common', 'database', 'http/contract'],
  readings: [
    ...['analysis', 'bus', 'common', 'events', 'http/contract', 'readings/formats', 'readings/ingest'],
    ...['readings/storage', 'sensors', 'severity', 'status', 'stream'],
  ],
  'readings/storage': [
    ...['analysis', 'common', 'database', 'events', 'gateways', 'ownership', 'readings', 'sensors', 'status'],
  ],
  'readings/records': ['gateway-client/protocol', 'readings'],
  'readings/ingest': [
    ...['common', 'config', 'connections', 'connections/session', 'database', 'gateway-client/protocol', 'readings'],
    ...['readings/records', 'readings/storage', 'status'],
  ],
  'readings/retention': ['common', 'config', 'database', 'readings', 'readings/storage', 'status'],
  'readings/formats': ['analysis', 'readings'],
  'readings/catch-up': [
    ...['common', 'config', 'connections', 'connections/session', 'database', 'events', 'factories'],
    ...['gateway-client/conversation', 'gateway-client/protocol', 'gateways', 'http/contract', 'readings'],
    ...['readings/ingest', 'readings/records', 'readings/storage', 'routing', 'sensors', 'status'],
  ],
  acquisitions: [
    ...['common', 'config', 'connections', 'connections/session', 'database', 'events', 'gateway-client/conversation'],
    ...['gateway-client/protocol', 'gateways', 'http/contract', 'readings', 'readings/catch-up', 'readings/ingest'],
    ...['readings/storage', 'routing', 'sensors', 'status'],
  ],
  schedules: [
    ...[
      'acquisitions',
      'common',
      'config',
      'database',
      'events',
      'factories',
      'gateways',
      'http/contract',
      'organizations',
    ],
    ...['readings', 'readings/catch-up', 'sensors', 'status'],
  ],
  history: [
    ...['common', 'config', 'database', 'gateway-client/failure', 'gateways', 'http/contract', 'ownership'],
    'status',
  ],
  stream: ['bus', 'common', 'config', 'events', 'http/contract', 'status'],
  console: ['common', 'http/contract'],
  health: ['common', 'config', 'database', 'http/contract', 'readings/ingest', 'readings/retention', 'status'],
  metrics: [
    ...['acquisitions', 'api-keys', 'common', 'config', 'connections', 'connections/session', 'database', 'factories'],
    ...['gateway-client/protocol', 'history', 'http/contract', 'http/edge', 'login-budget', 'ownership', 'readings'],
    ...['readings/catch-up', 'readings/ingest', 'readings/retention', 'status', 'stream'],
  ],
  schema: ['common', 'config', 'crypto', 'database'],
};

const SPEC = '\\.(spec|harness)\\.ts$';

/** The files of a room, without those of a room in a folder of it. `gateway-client` stands for all of its rooms. */
const filesOf = (room) => {
  const inner = Object.keys(ROOMS).filter((name) => room in ROOMS && name.startsWith(`${room}/`));
  return `^src/${room}/${inner.map((name) => `(?!${name.slice(room.length + 1)}/)`).join('')}`;
};

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `${room}-imports`,
  severity: 'error',
  from: { path: filesOf(room), pathNot: SPEC },
  to: {
    path: '^(src|simulator|demo|test|bench|migrations)/',
    pathNot: [
      ...[room, ...allowed].map(filesOf),
      // The one description of the database names every table.
      ...(room === 'schema' ? ['^src/.+\\.entity\\.ts$', '^migrations/'] : []),
    ],
  },
}));

const packageOnlyIn = (name, places) => ({
  name: `${name}-stays-where-it-is-used`,
  severity: 'error',
  from: { path: '^src/', pathNot: places },
  to: { path: `^node_modules/${name}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'declared-for-development',
      severity: 'error',
      from: { path: '^(simulator|demo|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'every-folder-is-a-room',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: [
          `^src/(${Object.keys(ROOMS).join('|')})/`,
          '^src/(adoption|app|cli)/',
          '^src/http/http\\.module\\.ts$',
        ],
      },
      to: {},
    },
    ...roomRules,
    {
      name: 'gateways-are-reached-through-two-classes',
      severity: 'error',
      from: { path: '^src/(acquisitions|sensors|readings)/', pathNot: SPEC },
      to: {
        path: '^src/connections/',
        pathNot: '/(connections\\.module|gateway-commands|order-permission|session/gateway-inbox)\\.ts$',
      },
    },
    {
      name: 'simulator-imports',
      severity: 'error',
      from: { path: '^simulator/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(src|demo|test|bench|migrations)/' },
    },
    {
      name: 'the-product-needs-no-simulator',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: '^(simulator|demo|test|bench)/' },
    },
    {
      name: 'the-console-asks-only-the-api',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|simulator|demo|test|bench|migrations)/' },
    },
    {
      name: 'nothing-imports-the-console',
      severity: 'error',
      from: { pathNot: '^web/' },
      to: { path: '^web/' },
    },
    {
      name: 'a-room-keeps-its-repositories',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: ['^src/(schema|cli|adoption)/', SPEC] },
      to: { path: '^src/.*\\.repository\\.ts$', pathNot: '^src/$1/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'baselines-share-nothing-with-the-product',
      severity: 'error',
      from: { path: '^bench/baselines/' },
      to: { path: '^(src|test|migrations)/' },
    },
    {
      name: 'bench-imports',
      severity: 'error',
      from: { path: '^bench/' },
      to: { path: '^test/', pathNot: '^test/(faults/)?support/' },
    },
    packageOnlyIn('typeorm', '\\.(entity|repository|module|column)\\.ts$|^src/(database|schema)/'),
    packageOnlyIn('nestjs-zod', '^src/http/contract/zod-dto\\.ts$'),
    packageOnlyIn('@nats-io', '^src/bus/nats/'),
    packageOnlyIn('fft.js', '^src/analysis/fft\\.ts$'),
    packageOnlyIn(
      'ws',
      '^src/gateway-client/transport/(ws\\.transport|dial|gateway-web-socket|bounded-receiver(\\.spec)?)\\.ts$',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Compiled beside a client that a test generates, and that client for the console.
    exclude: { path: '^(test/fixtures|web/\\.generated)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
