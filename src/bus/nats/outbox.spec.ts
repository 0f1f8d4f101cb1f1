import { Outbox } from './outbox';
import type { Outgoing } from './outbox';

/** A server that confirms what a test says, when it says so. */
class Server {
  readonly received: string[] = [];
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  readonly send = ({ text }: Outgoing): Promise<void> => {
    this.received.push(text);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  };

  async confirm(count: number): Promise<void> {
    this.waiting.splice(0, count).forEach(({ resolve }) => resolve());
    await settled();
  }

  async fail(): Promise<void> {
    this.waiting.splice(0, 1).forEach(({ reject }) => reject(new Error('no confirmation')));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const about = (text: string): Outgoing => ({ subject: 'subject', text });

function anOutbox(limit = 100) {
  const failures: unknown[] = [];
  const outbox = new Outbox(limit, (error) => failures.push(error));
  return { outbox, failures, server: new Server() };
}

describe('Outbox', () => {
  it('sends in the order of putting, once it is open', async () => {
    const { outbox, server } = anOutbox();
    outbox.put('a', about('1'));
    outbox.put('b', about('2'));
    expect(server.received).toEqual([]);
    outbox.open(server.send);
    outbox.put('c', about('3'));
    expect(server.received).toEqual(['1', '2', '3']);
    await server.confirm(3);
    expect(server.received).toEqual(['1', '2', '3']);
  });

  it('sends of one key the latest message only, and never two at once', async () => {
    const { outbox, server } = anOutbox();
    outbox.open(server.send);
    outbox.put('a', about('1'));
    outbox.put('a', about('2'));
    outbox.put('b', about('other'));
    outbox.put('a', about('3'));
    expect(server.received).toEqual(['1', 'other']);
    await server.confirm(1);
    expect(server.received).toEqual(['1', 'other', '3']);
  });

  it('sends again what was not confirmed, before what came later', async () => {
    const { outbox, failures, server } = anOutbox();
    outbox.open(server.send);
    for (const text of ['1', '2', '3']) outbox.put(text, about(text));
    await server.confirm(1);
    await server.fail();
    expect(failures).toHaveLength(1);
    outbox.put('4', about('4'));
    outbox.put('3', about('3 anew'));
    expect(server.received).toEqual(['1', '2', '3']);

    const next = new Server();
    outbox.open(next.send);
    expect(next.received).toEqual(['2', '4', '3 anew']);
    await server.confirm(5); // Too late: it is sent already, and must be confirmed there.
    outbox.open(next.send);
    expect(next.received).toEqual(['2', '4', '3 anew', '2', '4', '3 anew']);
  });

  it('drops the oldest when too many wait', () => {
    const { outbox, server } = anOutbox(2);
    for (const text of ['1', '2', '3']) outbox.put(text, about(text));
    outbox.open(server.send);
    expect(server.received).toEqual(['2', '3']);
  });

  it('is flushed when all is confirmed, or nothing can be', async () => {
    const { outbox, server } = anOutbox();
    outbox.put('a', about('1'));
    await outbox.flushed(); // Nothing can be sent.
    outbox.open(server.send);
    let isFlushed = false;
    void outbox.flushed().then(() => (isFlushed = true));
    await settled();
    expect(isFlushed).toBe(false);
    await server.confirm(1);
    expect(isFlushed).toBe(true);

    outbox.put('b', about('2'));
    const flushed = outbox.flushed();
    outbox.close();
    await flushed;
  });
});
