import fc from 'fast-check';
import { LOGIN } from '../../support/builders';
import { alone, atOnce, begin, heal, look, mend, pause, restart, settle, strike } from './commands';
import { BLOW_NAMES, FAULT_NAMES } from './faults';
import type { FaultName } from './faults';
import type { Wish } from './model';
import { change, create, deleteFactory, order, reconcile, remove, rename } from './operations';
import type { Operation } from './operations';
import { GATEWAYS } from './plant';

/** Chooses by weight. */
function weighted<T>(...choices: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

function choice<const T>(...choices: [number, T][]): fc.Arbitrary<T> {
  return weighted(...choices.map(([weight, value]): [number, fc.Arbitrary<T>] => [weight, fc.constant(value)]));
}

const index = fc.nat({ max: GATEWAYS - 1 });

// Settings that allow a connection are by far the likeliest; otherwise few gateways would ever be connected.
const wish: fc.Arbitrary<Wish> = fc.record({
  desired: choice([6, 'connected'], [1, 'disconnected']),
  place: choice([6, 'home'], [6, 'spare'], [1, 'nowhere']),
  email: choice([10, LOGIN.email], [1, 'other@example.org']),
  password: choice([8, LOGIN.password], [1, 'wrong horse']),
});
const changes = wish.chain(({ place, email, password }) => choice([3, { place }], [1, { email }], [2, { password }]));

const operation: fc.Arbitrary<Operation> = weighted(
  [20, fc.tuple(index, wish).map(([at, wished]) => create(at, wished))],
  [20, fc.tuple(index, changes).map(([at, changed]) => change(at, changed))],
  [4, index.map((at) => rename(at, 'Renamed'))],
  [6, index.map(remove)],
  [16, index.map((at) => order(at, 'connect'))],
  [8, index.map((at) => order(at, 'disconnect'))],
  [1, fc.constant(deleteFactory)],
  [6, fc.constant(reconcile)],
);

// Faults that stall a step are the likeliest: most of what can go wrong happens during a stall.
const fault = weighted<FaultName>(
  [5, fc.constantFrom('is frozen', 'mutes logins', 'is slow')],
  [4, fc.constantFrom(...FAULT_NAMES)],
);

const command = weighted(
  [30, operation.map(alone)],
  [12, fc.array(operation, { minLength: 2, maxLength: 3 }).map(atOnce)],
  [14, fc.tuple(index, fault).map(([at, name]) => begin(at, name))],
  [8, index.map(mend)],
  [6, index.map(heal)],
  [12, fc.tuple(index, fc.constantFrom(...BLOW_NAMES)).map(([at, name]) => strike(at, name))],
  [12, fc.integer({ min: 1, max: 80 }).map(pause)],
  [5, fc.constant(look)],
  [2, fc.constant(restart)],
  [1, fc.constant(settle)],
);

/**
 * A random sequence of commands, which begins with a create at each index. An array, not `fc.commands`, which has no minimum
 * length. Skipping commands is not needed either, since every command is possible at any time.
 */
export const history = (operations: number) =>
  fc
    .tuple(fc.tuple(wish, wish, wish), fc.array(command, { minLength: operations, maxLength: operations + 20 }))
    .map(([wishes, commands]) => [...wishes.map((wished, at) => alone(create(at, wished))), ...commands]);
