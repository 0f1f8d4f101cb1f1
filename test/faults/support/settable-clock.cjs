// Preloaded into the service by `--require`: its time of day is what the test wants, and nothing else is. As when somebody sets the
// clock of a machine, timers and the monotonic clock take no notice.
const RealDate = Date;
let aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);

const now = () => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, values, made) => Reflect.construct(target, values.length === 0 ? [now()] : values, made),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

process.on('message', (ms) => {
  aheadMs = Number(ms);
  process.send('set');
});
