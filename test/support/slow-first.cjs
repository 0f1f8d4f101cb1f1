const Sequencer = require('@jest/test-sequencer').default;

// The slowest suites, roughly the longest first: one that started last would run alone at the end. Without a record of earlier runs
// Jest would start the largest files first, and most of these are small. A suite that mostly waits is next to one that does not.
const SLOW = [
  'e2e/fuzz',
  'faults/model',
  'e2e/process',
  'faults/database-loss',
  'integration/bench',
  'faults/reasons',
  'faults/login-budget',
  'e2e/connection-tests',
  'e2e/openapi-clients',
  'integration/holder',
  'e2e/resilience',
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
