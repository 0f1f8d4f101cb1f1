import { z } from 'zod';
import { steps } from '../faults';
import { notificationKinds } from '../model/gateway-model';
import { action } from './action';
import type { FleetAction } from './action';
import { measurementActions } from './measurement-actions';

const nothing = z.strictObject({});
const closeCode = z.int().min(1000).max(4999);
const onOff = z.strictObject({ on: z.boolean().default(true) });

/** The actions that another process can trigger on a simulated gateway, by name. */
export const fleetActions: ReadonlyMap<string, FleetAction> = new Map([
  ['drop', action(z.strictObject({ code: closeCode.optional() }), (gateway, { code }) => gateway.drop(code))],
  ['freeze', action(nothing, (gateway) => gateway.freeze())],
  ['thaw', action(nothing, (gateway) => gateway.thaw())],
  [
    'refuse',
    action(z.strictObject({ how: z.enum(['a', 'b', 'c']).default('a') }), (gateway, { how }) =>
      gateway.refuseLogins(how),
    ),
  ],
  [
    'accept',
    action(nothing, (gateway) => {
      gateway.refuseLogins(null);
      gateway.muteLogins(false);
    }),
  ],
  ['mute-logins', action(onOff, (gateway, { on }) => gateway.muteLogins(on))],
  ['refuse-subscribe', action(onOff, (gateway, { on }) => gateway.refuseSubscribe(on))],
  ['ignore-pings', action(onOff, (gateway, { on }) => gateway.ignorePings(on))],
  [
    'close-at',
    action(z.strictObject({ step: z.enum(steps).nullable(), code: closeCode.optional() }), (gateway, { step, code }) =>
      gateway.closeAt(step, code),
    ),
  ],
  [
    'reject-upgrade',
    action(z.strictObject({ status: z.int().min(200).max(599).nullable().default(503) }), (gateway, { status }) =>
      gateway.rejectUpgrade(status),
    ),
  ],
  ['slow', action(z.strictObject({ ms: z.number().min(0).max(600_000) }), (gateway, { ms }) => gateway.slowDown(ms))],
  [
    'notify',
    action(z.strictObject({ kind: z.enum(notificationKinds).default('reading') }), (gateway, { kind }) =>
      gateway.notify(kind),
    ),
  ],
  ['stop', action(nothing, (gateway) => gateway.stopListening())],
  ['start', action(nothing, (gateway) => gateway.startListening())],
  ...measurementActions,
]);
