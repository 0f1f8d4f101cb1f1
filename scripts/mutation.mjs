// Mutation tests of the pure and the risky files, one group after another: `npm run mutation`, or with the names of groups.
import { Stryker } from '@stryker-mutator/core';

/** The lowest scores of each group and of all together, in percent of the mutants. */
const LOWEST = { group: 85, all: 92 };

const session = 'src/connections/session';
const groups = {
  machine: { files: [`${session}/session.machine.ts`], specs: [`${session}/session.machine*.spec.ts`] },
  waits: {
    files: [`${session}/{backoff,dial-pacer}.ts`],
    specs: [`${session}/{backoff,dial-pacer}.spec.ts`],
  },
  logins: {
    files: ['src/login-budget/{login-standing,draft-logins,account}.ts'],
    specs: ['src/login-budget/{login-standing,draft-logins,account}.spec.ts'],
  },
  accounts: {
    files: ['src/login-budget/{account-budget,account-outcomes}.ts'],
    specs: ['src/login-budget/{account-budget,account-outcomes}.spec.ts'],
  },
  budget: { files: ['src/login-budget/login-budget.ts'], specs: ['src/login-budget/login-budget.spec.ts'] },
  frames: {
    files: ['src/gateway-client/protocol/{codec,frames,python-json,type-finder}.ts'],
    specs: ['src/gateway-client/protocol/{codec,frames,python-json,type-finder}.spec.ts'],
  },
  commands: {
    files: ['src/gateway-client/conversation/{answer-deadline,answers,command-channel,reply-matching}.ts'],
    specs: ['src/gateway-client/conversation/{answers,command-channel,reply-matching}.spec.ts'],
  },
  texts: {
    files: ['src/gateway-client/protocol/{gateway-text,spellings}.ts'],
    specs: ['src/gateway-client/protocol/{gateway-text,spellings}.spec.ts'],
  },
  history: { files: ['src/history/event-folding.ts'], specs: ['src/history/event-folding.spec.ts'] },
  crypto: { files: ['src/crypto/*.ts', '!src/crypto/*.module.ts'], specs: ['src/crypto/*.spec.ts'] },
  paging: {
    files: ['src/common/sort.ts', 'src/http/contract/{cursor,page.dto}.ts'],
    specs: ['src/common/sort.spec.ts', 'src/http/contract/{cursor,page.dto}.spec.ts'],
  },
  networks: { files: ['src/common/{allowed-networks,ipv6}.ts'], specs: ['src/common/allowed-networks.spec.ts'] },
  urls: {
    files: ['src/common/parse-url.ts', 'src/gateways/{gateway-url,origin,password-binding}.ts'],
    specs: ['src/common/parse-url.spec.ts', 'src/gateways/{gateway-url,origin,password-binding}.spec.ts'],
  },
};

const given = process.argv.slice(2);
const isIncremental = given.includes('--incremental');
const names = given.filter((argument) => argument !== '--incremental');
const unknown = names.filter((name) => !(name in groups));
if (unknown.length > 0)
  throw new Error(`no such group: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`);

async function run(name, { files, specs }) {
  const results = await new Stryker({
    mutate: [...files, '!src/**/*.{spec,harness}.ts'],
    jest: { config: { testMatch: specs.map((spec) => `<rootDir>/${spec}`) } },
    incrementalFile: `.stryker/${name}.json`,
    tempDirName: `.stryker/${name}`,
    force: !isIncremental,
  }).runMutationTest();
  const count = (...statuses) => results.filter(({ status }) => statuses.includes(status)).length;
  return { group: name, killed: count('Killed', 'Timeout'), survived: count('Survived', 'NoCoverage') };
}

/** Mutants that keep the specs from being loaded are neither killed nor survivors. */
function withScore({ group, killed, survived }) {
  return {
    group,
    mutants: killed + survived,
    killed,
    survived,
    score: killed === 0 ? 0 : (100 * killed) / (killed + survived),
  };
}

const rows = [];
for (const name of names.length > 0 ? names : Object.keys(groups)) rows.push(withScore(await run(name, groups[name])));
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
const all = withScore({ group: 'all', killed: sum('killed'), survived: sum('survived') });

console.table([...rows, all].map((row) => ({ ...row, score: `${row.score.toFixed(1)} %` })));
const isLow = rows.some(({ score }) => score < LOWEST.group) || (names.length === 0 && all.score < LOWEST.all);
process.exitCode = isLow ? 1 : 0;
