import { connect } from 'node:net';

/** A raw answer; `body` is null unless it is a JSON object. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly text: string;
  readonly body: unknown;
}

/** Sends exactly these bytes on a connection of its own, and reads until the service closes it. */
export function rawRequest(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(parse(received)));
  });
}

function parse(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const text = rest.join('\r\n\r\n');
  const isJson = /^content-type: application\/json/im.test(head) && text.startsWith('{');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    head,
    text,
    body: isJson ? (JSON.parse(text) as unknown) : null,
  };
}
