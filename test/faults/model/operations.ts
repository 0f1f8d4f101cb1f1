import type { Model, Wish } from './model';
import type { Plant } from './plant';

/** An action of an operator, over HTTP. */
export interface Operation {
  readonly text: string;
  /** Returns the status of the answer. */
  send(plant: Plant): Promise<number>;
  /** Updates the model, and returns the status that must be answered if nothing else is under way. */
  apply(model: Model): number;
}

/** Statuses that may be answered when operations race for one gateway. */
export const FAIR_ANSWERS = [200, 201, 202, 204, 404, 409, 422];

export const create = (index: number, wish: Wish): Operation => ({
  text: `create ${index} ${JSON.stringify(wish)}`,
  send: (plant) => plant.create(index, wish),
  apply: ({ wishes }) => {
    if (wishes[index]) return 409;
    wishes[index] = { ...wish };
    return 201;
  },
});

export const change = (index: number, changes: Partial<Wish>): Operation => ({
  text: `change ${index} ${JSON.stringify(changes)}`,
  send: (plant) => plant.change(index, changes),
  apply: ({ wishes }) => {
    const wish = wishes[index];
    return wish ? (Object.assign(wish, changes), 200) : 404;
  },
});

export const rename = (index: number, name: string): Operation => ({
  text: `rename ${index}`,
  send: (plant) => plant.change(index, { name }),
  apply: ({ wishes }) => (wishes[index] ? 200 : 404),
});

export const remove = (index: number): Operation => ({
  text: `delete ${index}`,
  send: (plant) => plant.delete(index),
  apply: ({ wishes }) => {
    if (!wishes[index]) return 404;
    wishes[index] = null;
    return 204;
  },
});

export const order = (index: number, what: 'connect' | 'disconnect'): Operation => ({
  text: `${what} ${index}`,
  send: (plant) => plant.order(index, what),
  apply: ({ wishes }) => {
    const wish = wishes[index];
    if (!wish) return 404;
    wish.desired = what === 'connect' ? 'connected' : 'disconnected';
    return 202;
  },
});

export const deleteFactory: Operation = {
  text: 'delete the factory',
  send: (plant) => plant.deleteFactory(),
  apply: ({ wishes }) => {
    wishes.fill(null);
    return 204;
  },
};

export const reconcile: Operation = {
  text: 'reconcile',
  send: (plant) => plant.reconcile(),
  apply: () => 200,
};
