import { bodyOf } from '../../test/support/api-client';
import type { ApiClient } from '../../test/support/api-client';
import type { FleetProcess } from '../../test/support/fleet-process';

/** One gateway, with its id in the service and its number in the simulator. */
export interface Patient {
  readonly id: string;
  readonly number: number;
  readonly password: string;
}

/** A fault of one gateway that can be caused and undone. */
export interface Trouble {
  readonly name: string;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** All troubles that one gateway can have. */
export function troublesOf({ id, number, password }: Patient, fleet: FleetProcess, api: ApiClient): Trouble[] {
  const order = (action: string, args?: object): Promise<void> => fleet.order(number, action, args);
  const path = `/api/gateways/${id}`;
  const post = (wish: 'connect' | 'disconnect'): Promise<unknown> => bodyOf(api.post(`${path}/${wish}`), 202);
  const setPassword = (text: string): Promise<unknown> => bodyOf(api.put(path, { password: text }));
  const nothing = (): Promise<void> => Promise.resolve();

  return [
    { name: 'reset', begin: () => order('drop'), end: nothing },
    { name: 'closed', begin: () => order('drop', { code: 1001 }), end: nothing },
    { name: 'frozen', begin: () => order('freeze'), end: () => order('thaw') },
    { name: 'stopped', begin: () => order('stop'), end: () => order('start') },
    { name: 'slow', begin: () => order('slow', { ms: 500 }), end: () => order('slow', { ms: 0 }) },
    {
      name: 'refusing',
      begin: async () => {
        await order('refuse');
        await order('drop');
      },
      end: async () => {
        await order('accept');
        await post('connect'); // Otherwise the next retry would be minutes away.
      },
    },
    { name: 'wrong password', begin: () => setPassword('wrong'), end: () => setPassword(password) },
    { name: 'disconnected', begin: () => post('disconnect'), end: () => post('connect') },
  ];
}
