// Lists the tests of each requirement. Fails if a requirement has no test, or if a test names an unknown requirement.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The first and the last numbers of each family. SEC-29 and SEC-30 concern accounts of people, which come later. */
const families = {
  DB: [[1, 5]],
  REPO: [[1, 6]],
  CRYPTO: [[1, 4]],
  API: [[1, 7]],
  FACTORY: [[1, 9]],
  GATEWAY: [[1, 9]],
  QUAL: [[1, 8]],
  ORCH: [[1, 6]],
  LIFECYCLE: [[1, 5]],
  STATUS: [[1, 5]],
  SEC: [
    [1, 28],
    [31, 32],
  ],
};
const requirements = Object.entries(families).flatMap(([family, ranges]) =>
  ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${family}-${String(first + index).padStart(2, '0')}`),
  ),
);

// The name of a test is a string that begins with the ids it covers: 'API-05, API-06: refuses …'.
const NAME = /(['"`])((?:[A-Z]+-\d\d(?:, )?)+): (.*?)\1(?=,|\))/gs;

const specs = ['src', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => join(folder, path)),
);
const tests = new Map(requirements.map((id) => [id, []]));
const unknown = [];
for (const file of specs.sort()) {
  for (const [, , ids, sentence] of readFileSync(file, 'utf8').matchAll(NAME)) {
    for (const id of ids.split(', ')) {
      if (tests.has(id)) tests.get(id).push(`${file}: ${sentence}`);
      else unknown.push(`${file}: ${id}`);
    }
  }
}

for (const [id, names] of tests) {
  console.log(id);
  for (const name of names) console.log(`  ${name}`);
}
const missing = requirements.filter((id) => tests.get(id).length === 0);
console.log(`\n${requirements.length - missing.length} of ${requirements.length} requirements have a test.`);
if (missing.length > 0) console.error(`Without a test: ${missing.join(', ')}`);
if (unknown.length > 0) console.error(`Not a requirement:\n  ${unknown.join('\n  ')}`);
process.exitCode = missing.length + unknown.length > 0 ? 1 : 0;
