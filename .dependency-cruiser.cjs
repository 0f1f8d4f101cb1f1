/** Who may import whom. The order of the features is organizations → factories → gateways → connections. */
const only = (from, allowed, extra = {}) => ({
  name: `${from}-imports`,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.spec\\.ts$', ...extra },
  to: { path: '^(src|test|bench|migrations)/', pathNot: `^src/(${[from, ...allowed].join('|')})/` },
});

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
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
      // Who measures may use what the product may not.
      from: { path: '^(src|bench)/', pathNot: '\\.spec\\.ts$|^bench/support/load-generator\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    only('config', ['common']),
    only('common', []),
    only('events', []),
    only('crypto', ['common', 'config']),
    {
      name: 'database-imports',
      severity: 'error',
      from: { path: '^src/database/', pathNot: ['\\.spec\\.ts$', '(data-source|seed|database\\.module)\\.ts$'] },
      to: { path: '^(src|test|bench|migrations)/', pathNot: '^src/(database|common|config)/' },
    },
    {
      name: 'database-entities',
      severity: 'error',
      from: { path: '^src/database/(data-source|seed|database\\.module)\\.ts$' },
      to: {
        path: '^src/',
        pathNot: '^src/(database|common|config|crypto)/|\\.entity\\.ts$',
      },
    },
    only('organizations', ['common', 'config', 'database', 'events']),
    only('factories', ['organizations', 'common', 'config', 'database', 'events']),
    only('gateways', ['factories', 'organizations', 'common', 'config', 'database', 'events', 'crypto']),
    only('simulator', []),
    {
      name: 'connections-imports',
      severity: 'error',
      from: { path: '^src/connections/', pathNot: '\\.(spec|entity)\\.ts$' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(connections|common|config|events)/|^src/gateways/(gateways\\.(service|module)|connection-target|gateway\\.(dto|errors)|gateway-tls\\.dto|origin|password-binding|gateway-accounts\\.repository|gateway-logins\\.repository)\\.ts$|^src/database/(session-lock|database-probe|clock-skew)\\.ts$|^src/crypto/secret\\.ts$',
      },
    },
    {
      name: 'connections-entities',
      severity: 'error',
      from: { path: '^src/connections/.+\\.entity\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(connections|common)/|^src/gateways/gateway\\.entity\\.ts$' },
    },
    {
      name: 'connections-know-repositories-by-their-types',
      severity: 'error',
      from: { path: '^src/connections/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/gateways/.*\\.repository\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-top-imports-connections',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(connections|health|cli)/|^src/(app\\.module|service)\\.ts$' },
      to: { path: '^src/connections/', pathNot: '\\.entity\\.ts$' },
    },
    only('http', ['common']),
    only('logging', ['config']),
    only('openapi', ['common']),
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
    packageOnlyIn('typeorm', '\\.(entity|repository|module|column)\\.ts$|^src/database/'),
    packageOnlyIn(
      'ws',
      '^src/connections/transport/(ws\\.transport|dial|gateway-web-socket|bounded-receiver(\\.spec)?)\\.ts$|^src/simulator/',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' }, // Compiled beside a client that a test generates.
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
