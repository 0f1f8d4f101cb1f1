import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { createBackfillMutation } from '../../../.generated/@tanstack/react-query.gen';
import type { CreateBackfill } from '../../../.generated/types.gen';
import { ApiError } from '../../lib/api-error';
import { now } from '../../lib/clock';
import { KIND_LOOKS, KINDS } from '../../lib/kinds';
import { formatDay } from '../../lib/zones';
import { Button } from '../../parts/button';
import { Field } from '../../parts/field';
import { ErrorNotice } from '../../parts/notices';
import styles from './completeness.module.css';

interface BackfillFormProps {
  readonly gatewayId: string;
  readonly zone: string | undefined;
  readonly onOrdered: (id: string) => void;
}

/** Orders days of the history, of some kinds and sensors or of all. */
export function BackfillForm({ gatewayId: id, zone, onOrdered }: BackfillFormProps) {
  const order = useMutation({ ...createBackfillMutation(), onSuccess: (placed) => onOrdered(placed.id) });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    order.mutate({ path: { id }, body: bodyOf(new FormData(event.currentTarget)) });
  };
  const fields = order.error instanceof ApiError ? order.error.fields : [];
  const problemOf = (name: string): string | undefined =>
    fields.find(({ path }) => path === name || path.startsWith(`${name}.`))?.message;
  const today = formatDay(now(), zone ?? 'UTC');
  return (
    <form className={styles.form} onSubmit={submit}>
      <p className="muted">
        Asks the gateway for all records of these days, by its clock, whatever is stored. Stored readings stay as they
        are.
      </p>
      <div className={styles.fields}>
        <Field label="From" problem={problemOf('from')}>
          {(attributes) => <input {...attributes} type="date" name="from" required defaultValue={today} />}
        </Field>
        <Field label="To, included" problem={problemOf('to')}>
          {(attributes) => <input {...attributes} type="date" name="to" required defaultValue={today} />}
        </Field>
        <Field label="Serials" hint="Separated by commas. Empty: all sensors." problem={problemOf('serials')}>
          {(attributes) => <input {...attributes} name="serials" autoComplete="off" />}
        </Field>
      </div>
      <fieldset className={styles.checks}>
        <legend>Kinds</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="checkbox" name="kinds" value={kind} defaultChecked />
            {KIND_LOOKS[kind].label}
          </label>
        ))}
        {problemOf('kinds') !== undefined && <span className={styles.problem}>{problemOf('kinds')}</span>}
      </fieldset>
      {order.error && <ErrorNotice error={order.error} what="The backfill was not ordered" />}
      <div>
        <Button type="submit" isBusy={order.isPending}>
          Fetch these days again
        </Button>
      </div>
    </form>
  );
}

/** A serial that is no number is sent as it was typed: the service says what is wrong. */
function bodyOf(form: FormData): CreateBackfill {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const serials = text('serials')
    .split(',')
    .map((serial) => serial.trim())
    .filter((serial) => serial !== '')
    .map((serial) => (Number.isNaN(Number(serial)) ? serial : Number(serial)));
  return {
    from: text('from'),
    to: text('to'),
    kinds: form.getAll('kinds'),
    ...(serials.length > 0 && { serials }),
  } as CreateBackfill;
}
