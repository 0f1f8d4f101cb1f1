import type { Rows } from '../support/rows';
import type { Round } from '../support/rounds';
import { REQUEST_KINDS } from './requests';
import type { Request } from './requests';

/** Values that differ between the programs, or from one moment to the next. */
const OWN_VALUES =
  /"\d{4}-\d{2}-\d{2}T[\d:.]+Z"|(?<="(uptime|bytes)":)[\d.]+|(?<="(version|observed_by|next_cursor)":)"[^"]+"/g;
const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g;

/** Compares the answers of both programs to one request of each kind. @throws Error if they differ */
export async function requireSameAnswers(urls: Round<string>, rows: Rows): Promise<void> {
  for (const { make } of REQUEST_KINDS) {
    const request = make(rows);
    const isCreate = request.method === 'POST'; // A create is possible only once with the same body.
    const ours = await answerOf(urls.product, request);
    const theirs = await answerOf(urls.baseline, isCreate ? make(rows) : request);
    const compared = (answer: string): string => (isCreate ? answer.replace(UUID, '<id>') : answer);
    if (compared(ours) !== compared(theirs)) {
      throw new Error(`${request.method} ${request.path}: the product answers\n${ours}\nand the baseline\n${theirs}`);
    }
  }
}

async function answerOf(url: string, { method, path, body }: Request): Promise<string> {
  const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
  const response = await fetch(url + path, { method, ...sent });
  return `${response.status} ${(await response.text()).replace(OWN_VALUES, '<own>')}`;
}
