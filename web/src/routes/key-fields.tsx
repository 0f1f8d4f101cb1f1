import type { Key } from '../../.generated/types.gen';
import { linesOrNull, textOf, tickedOrNull } from '../lib/form-values';
import { LongTextField, MoreFields, SelectField, TextField } from '../parts/form';
import { useMoment } from '../parts/time';

/** What each role may do, in words. */
export const ROLES: Record<Key['role'], string> = {
  viewer: 'Viewer: sees everything',
  operator: 'Operator: also connects, disconnects, tests, and orders measurements',
  admin: 'Admin: also creates, changes and deletes, and sees keys and the audit log',
};

const DAY_MS = 86_400_000;
const LIFETIMES = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
] as const;
const AS_NOW = 'as-now';

/** What the form says about a key, as far as it can be changed later. @param now when the key expires as yet */
export function readKeyFields(form: FormData, now: string | null = null) {
  const lifetime = textOf(form, 'expires_at');
  return {
    name: textOf(form, 'name'),
    expires_at: lifetime === AS_NOW ? now : endOf(lifetime),
    allowed_networks: linesOrNull(form, 'allowed_networks'),
    scopes: tickedOrNull(form, 'scopes') as Key['scopes'],
  };
}

/** @param days in text; empty: never */
function endOf(days: string): string | null {
  return days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
}

interface KeyProps {
  /** What is stored; undefined for a new one. */
  readonly value?: Key | undefined;
}

export function KeyNameField({ value }: KeyProps) {
  return (
    <TextField
      name="name"
      label="Name"
      hint="Who or what uses it"
      defaultValue={value?.name}
      required
      maxLength={255}
    />
  );
}

export function KeyExpiryField({ value }: KeyProps) {
  const moment = useMoment(value?.expires_at ?? null);
  return (
    <SelectField name="expires_at" label="Expires" value={moment === '' ? '' : AS_NOW}>
      {moment !== '' && <option value={AS_NOW}>{moment}</option>}
      {LIFETIMES.map(([days, label]) => (
        <option key={days} value={days}>
          {label}
        </option>
      ))}
    </SelectField>
  );
}

export function KeyNetworksField({ value }: KeyProps) {
  return (
    <MoreFields title="From where it may be used" isOpen={Boolean(value?.allowed_networks)}>
      <LongTextField
        name="allowed_networks"
        label="Networks"
        hint="One a line. Empty: from anywhere"
        value={value?.allowed_networks?.join('\n') ?? ''}
        placeholder="10.20.0.0/16"
      />
    </MoreFields>
  );
}
