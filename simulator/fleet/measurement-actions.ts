import { z } from 'zod';
import { HISTORY_COMMANDS, takeModes } from '../answers';
import type { Answers } from '../answers';
import { timeFormats } from '../model/gateway-clock';
import { idModes } from '../model/record-ids';
import { recordKinds } from '../model/records';
import type { SimulatedGateway } from '../simulated-gateway';
import { signalsSchema } from '../signals/signal';
import { action } from './action';
import type { FleetAction } from './action';

const MAX_MS = 600_000;
const serial = z.int().positive();
const interval = z.int().min(10).nullable().optional();
const sensorChange = {
  samples: z.int().min(1).max(1_000_000).optional(),
  rate_hz: z.number().positive().optional(),
  signals: signalsSchema.optional(),
};
const replyTypes = [...HISTORY_COMMANDS, 'GET_DYN', 'GET_DYN_CONNECTED'] as const;

/** Changes what is given; what is not stays. */
function setAnswers(gateway: SimulatedGateway, changes: { [K in keyof Answers]?: Answers[K] | undefined }): void {
  const given = Object.entries(changes).filter(([, value]: [string, unknown]) => value !== undefined);
  Object.assign(gateway.answers, Object.fromEntries(given));
}

/** The actions on what gateways measure and how they answer, by name. */
export const measurementActions: readonly (readonly [name: string, FleetAction])[] = [
  [
    'schedule',
    action(
      z.strictObject({ reading_ms: interval, temp_ms: interval, batt_ms: interval }),
      ({ measurements }, { reading_ms: reading, temp_ms: temp, batt_ms: batt }) =>
        measurements.setSchedule({
          ...(reading !== undefined && { reading }),
          ...(temp !== undefined && { temp }),
          ...(batt !== undefined && { batt }),
        }),
    ),
  ],
  [
    'depth',
    action(
      z.strictObject({ count: z.int().min(0).optional(), days: z.number().min(0).optional() }),
      ({ measurements }, { count, days }) => {
        measurements.log.depth = { ...(count !== undefined && { count }), ...(days !== undefined && { days }) };
      },
    ),
  ],
  [
    'delete-records',
    action(
      z.strictObject({ kind: z.enum(recordKinds).default('reading'), from: z.int().min(1), to: z.int().min(1) }),
      ({ measurements }, { kind, from, to }) => measurements.deleteRecords(kind, from, to),
    ),
  ],
  [
    'ids',
    action(z.strictObject({ mode: z.enum(idModes) }), ({ measurements }, { mode }) => {
      measurements.ids.mode = mode;
    }),
  ],
  [
    'reset-ids',
    action(z.strictObject({ clear: z.boolean().default(false) }), ({ measurements }, { clear }) =>
      measurements.resetIds(clear),
    ),
  ],
  [
    'clock',
    action(
      z.strictObject({
        zone: z.string().optional(),
        offset_ms: z.int().optional(),
        format: z.enum(timeFormats).nullable().optional(),
      }),
      ({ measurements }, { zone, offset_ms: offsetMs, format }) =>
        measurements.setClock({
          ...(zone !== undefined && { zone }),
          ...(offsetMs !== undefined && { offsetMs }),
          ...(format !== undefined && { format }),
        }),
    ),
  ],
  [
    'history',
    action(
      z.strictObject({
        end: z.enum(['inclusive', 'exclusive']).optional(),
        max_cap: z.int().min(0).nullable().optional(),
        ignore_serials: z.boolean().optional(),
      }),
      (gateway, { end, max_cap: maxCap, ignore_serials: ignoreSerials }) =>
        setAnswers(gateway, {
          endExclusive: end === undefined ? undefined : end === 'exclusive',
          maxCap,
          ignoreSerials,
        }),
    ),
  ],
  [
    'replies',
    action(
      z.strictObject({
        types: z.array(z.enum(replyTypes)).optional(),
        delay_ms: z.int().min(0).max(MAX_MS).optional(),
        blocks: z.boolean().optional(),
        wrong: z.enum(['type', 'serials']).nullable().optional(),
        bytes_per_second: z.int().min(1).nullable().optional(),
        min_bytes: z
          .int()
          .min(0)
          .max(256 * 1024 * 1024)
          .optional(),
      }),
      (gateway, { types, delay_ms, blocks, wrong, bytes_per_second, min_bytes }) =>
        setAnswers(gateway, {
          replyTypes: types,
          replyDelayMs: delay_ms,
          replyBlocks: blocks,
          replyWrong: wrong,
          replyBytesPerSecond: bytes_per_second,
          replyMinBytes: min_bytes,
        }),
    ),
  ],
  [
    'take',
    action(
      z.strictObject({ mode: z.enum(takeModes).optional(), ms: z.int().min(0).max(MAX_MS).optional() }),
      (gateway, { mode, ms }) => setAnswers(gateway, { takeMode: mode, takeMs: ms }),
    ),
  ],
  ['block', action(z.strictObject({ ms: z.int().min(1).max(MAX_MS) }), (gateway, { ms }) => gateway.block(ms))],
  [
    'signals',
    action(z.strictObject({ signals: signalsSchema, serial: serial.optional() }), ({ measurements }, args) => {
      const serials = args.serial === undefined ? measurements.sensors.map((sensor) => sensor.serial) : [args.serial];
      for (const one of serials) measurements.changeSensor(one, { signals: args.signals });
    }),
  ],
  [
    'add-sensor',
    action(
      z.strictObject({ serial, ...sensorChange }),
      ({ measurements }, { serial: added, rate_hz: rateHz, ...change }) =>
        measurements.addSensor(added, { ...change, rateHz }),
    ),
  ],
  [
    'remove-sensor',
    action(z.strictObject({ serial }), ({ measurements }, args) => measurements.removeSensor(args.serial)),
  ],
  [
    'connect-sensor',
    action(z.strictObject({ serial, on: z.boolean().default(true) }), ({ measurements }, args) =>
      measurements.connectSensor(args.serial, args.on),
    ),
  ],
  [
    'change-sensor',
    action(
      z.strictObject({ serial, ...sensorChange }),
      ({ measurements }, { serial: changed, rate_hz: rateHz, ...change }) =>
        measurements.changeSensor(changed, { ...change, rateHz }),
    ),
  ],
  [
    'move-sensor',
    action(z.strictObject({ serial, to: z.int().min(1) }), (gateway, args, fleet) =>
      fleet.moveSensor(args.serial, gateway.number, args.to),
    ),
  ],
];
