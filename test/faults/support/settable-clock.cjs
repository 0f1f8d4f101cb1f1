// Preloaded into the service with `--require`: the test sets the time of day. Timers and the monotonic clock are not affected, as
// when the clock of a machine is set.
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
