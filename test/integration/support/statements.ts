import { Client } from 'pg';

/** A statement as it was sent to PostgreSQL. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Runs `act`, and returns every statement that this process sent meanwhile, from any code. */
export async function statementsOf(act: () => Promise<unknown>): Promise<Statement[]> {
  const query = jest.spyOn(Client.prototype, 'query');
  try {
    await act();
    const statements = (query.mock.calls as unknown[][]).map(([first, second]) => toStatement(first, second));
    return statements.filter(({ text }) => !text.startsWith('SET ')); // Part of the set-up of every new connection.
  } finally {
    query.mockRestore();
  }
}

/** The driver takes the text and the values, or an object that has both. */
function toStatement(first: unknown, second: unknown): Statement {
  const { text, values } = (typeof first === 'string' ? { text: first } : first) as {
    text?: string;
    values?: unknown[];
  };
  if (text === undefined) throw new Error('a statement without its text was sent');
  return { text, values: values ?? (Array.isArray(second) ? (second as unknown[]) : []) };
}
