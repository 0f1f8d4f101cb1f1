import type { Rows } from '../support/bench-database';
import type { Round } from '../support/rounds';
import { requestsOf } from './requests';

const COMPARED = ['get', 'list', 'filtered-list', 'status', 'connections'] as const;
const TIME = /"\d{4}-\d{2}-\d{2}T[\d:.]+Z"/g;

/** A comparison is honest only where both say the same. @throws Error when they do not */
export async function requireSameAnswers(urls: Round<string>, rows: Rows): Promise<void> {
  for (const name of COMPARED) {
    const path = requestsOf(name, rows)[0]?.path ?? '';
    const [ours, theirs] = await Promise.all([answerOf(urls.product + path), answerOf(urls.baseline + path)]);
    if (ours !== theirs) throw new Error(`${path}: the product says\n${ours}\nand the baseline\n${theirs}`);
  }
}

/** Without the times, which are those of the moment. */
async function answerOf(url: string): Promise<string> {
  return (await (await fetch(url)).text()).replace(TIME, '"<time>"');
}
