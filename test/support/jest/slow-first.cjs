const Sequencer = require('@jest/test-sequencer').default;

// The slowest suites, roughly the longest first: one that started last would run alone at the end. Without a record of earlier runs
// Jest would start the largest files first, and most of these are small. A suite that mostly waits is next to one that does not.
const SLOW = [
  'browser/console',
  'integration/bench',
  'e2e/fuzz',
  'e2e/process',
  'integration/query-plans',
  'faults/model',
  'e2e/time-zones',
  'faults/database-loss',
  'faults/reasons',
  'faults/login-budget',
  'e2e/openapi-clients',
  'integration/migrations',
  'e2e/api-keys-commands',
  'integration/holder',
  'e2e/connection-tests',
  'faults/slow-links',
  'e2e/resilience',
  'integration/sensors',
  'faults/soak',
  'faults/storm',
];

module.exports = class SlowFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = SLOW.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`));
      return index === -1 ? SLOW.length : index;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
