// Gateways that send one large frame repeatedly, as fast as it is read, in their own process. Arguments: the kind of frame, its
// size in bytes, and whether to start `before` or `after` the login. Prints its port, and exits with its parent process.
const { Buffer } = require('node:buffer');
const { createHash } = require('node:crypto');
const { createServer } = require('node:http');
const process = require('node:process');
const { setInterval } = require('node:timers');

const [kind, bytes, moment] = process.argv.slice(2);
const size = Number(bytes);
const PIECE = 65_536;

const filled = (head, piece, tail = '') =>
  head + piece.repeat(Math.floor((size - head.length - tail.length) / piece.length)) + tail;
const frames = {
  objects: () => filled('{"Type":"X","Data":[{}', ',{}', ']}'),
  deep: () => filled('{"Type":"X","Data":', '['.repeat(64)),
  nan: () => filled('[NaN', ',NaN', ']'),
  quotes: () => filled('["Type"', ',""', ',NaN]'),
  text: () => filled('', 'x'),
};

const payload = Buffer.from(frames[kind]());
const header = Buffer.alloc(10);
header[0] = 0x81;
header[1] = 127;
header.writeBigUInt64BE(BigInt(payload.length), 2);
const frame = Buffer.concat([header, payload]);
const accept = Buffer.from('{"Type":"RTN_LOGIN","Data":{"Success":true}}');

createServer()
  .on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const answer = createHash('sha1').update(key).digest('base64');
    socket.on('error', () => undefined);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
    );
    let at = 0;
    const pump = () => {
      let goesOn = !socket.destroyed;
      while (goesOn) {
        goesOn = socket.write(frame.subarray(at, at + PIECE));
        at = at + PIECE >= frame.length ? 0 : at + PIECE;
      }
    };
    socket.on('drain', pump);
    if (moment === 'before') return pump();
    socket.once('data', () => {
      socket.write(Buffer.concat([Buffer.from([0x81, accept.length]), accept]));
      pump();
    });
    return undefined;
  })
  .listen(0, '127.0.0.1', function listening() {
    process.stdout.write(`${this.address().port}\n`);
  });
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 500);
