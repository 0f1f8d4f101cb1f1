import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { getSensorQueryKey, updateSensorMutation } from '../../../.generated/@tanstack/react-query.gen';
import type { Sensor, UpdateSensor } from '../../../.generated/types.gen';
import { ApiError } from '../../lib/api-error';
import { Button } from '../../parts/button';
import { Field } from '../../parts/field';
import { ErrorNotice, Notice } from '../../parts/notices';
import styles from './sensor.module.css';

interface SensorFormProps {
  readonly sensor: Sensor;
  /** The `ETag` of what the form begins with. */
  readonly revision: string | null;
  readonly onDone: () => void;
  /** Begins anew with what is stored now. */
  readonly onReload: () => void;
}

/** Name and settings of a sensor. What was typed stays when the service refuses it. */
export function SensorForm({ sensor, revision, onDone, onReload }: SensorFormProps) {
  const queries = useQueryClient();
  const path = { id: sensor.id };
  const save = useMutation({
    ...updateSensorMutation(),
    onSuccess: (stored) => {
      queries.setQueryData(getSensorQueryKey({ path }), stored);
      void queries.invalidateQueries({ predicate: ({ queryKey }) => isListOfSensors(queryKey) });
      onDone();
    },
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const headers = revision === null ? {} : { 'If-Match': revision };
    save.mutate({ path, headers, body: bodyOf(new FormData(event.currentTarget), sensor) });
  };
  const { error } = save;
  const fields = error instanceof ApiError ? error.fields : [];
  const problemOf = (name: string): string | undefined => fields.find((field) => field.path === name)?.message;
  const isChanged = error instanceof ApiError && error.status === 412;
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.fields}>
        <Field label="Name" problem={problemOf('name')}>
          {(attributes) => <input {...attributes} name="name" defaultValue={sensor.name} autoComplete="off" />}
        </Field>
        <Field
          label="A reading every (seconds)"
          hint="A sensor whose newest reading is more than twice as old is overdue. Empty: none is."
          problem={problemOf('expected_interval_s')}
        >
          {(attributes) => (
            <input
              {...attributes}
              name="interval"
              inputMode="numeric"
              defaultValue={sensor.expected_interval_s ?? ''}
            />
          )}
        </Field>
        <Field
          label="Sample rate (Hz)"
          hint="Used instead of the rate that the gateway reports. Empty: as reported."
          problem={problemOf('settings.sample_rate_hz')}
        >
          {(attributes) => (
            <input
              {...attributes}
              name="rate"
              inputMode="decimal"
              defaultValue={sensor.settings.sample_rate_hz ?? ''}
            />
          )}
        </Field>
        <Field
          label="Accelerations in"
          hint="The unit of what the gateway sends."
          problem={problemOf('settings.acceleration_unit')}
        >
          {(attributes) => (
            <select {...attributes} name="acceleration" defaultValue={sensor.settings.acceleration_unit ?? ''}>
              <option value="">Not stated</option>
              <option value="g">g</option>
              <option value="m_s2">m/s²</option>
            </select>
          )}
        </Field>
        <Field
          label="Temperatures in"
          hint="The unit of what the gateway sends."
          problem={problemOf('settings.temperature_unit')}
        >
          {(attributes) => (
            <select {...attributes} name="temperature" defaultValue={sensor.settings.temperature_unit ?? ''}>
              <option value="">Not stated</option>
              <option value="celsius">°C</option>
              <option value="fahrenheit">°F</option>
            </select>
          )}
        </Field>
      </div>
      {isChanged && (
        <Notice tone="warn">
          <p>
            <strong>Somebody else has changed this sensor meanwhile.</strong> Nothing was saved.{' '}
            <Button onClick={onReload}>Show what is stored now</Button>
          </p>
        </Notice>
      )}
      {error && !isChanged && <ErrorNotice error={error} what="The settings were not saved" />}
      <div className={styles.buttons}>
        <Button type="submit" look="primary" isBusy={save.isPending}>
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  );
}

/** What cannot be read is sent as it was typed: the service says what is wrong. Settings are replaced as a whole. */
function bodyOf(form: FormData, { gateway_id, serial }: Sensor): UpdateSensor {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const amount = (name: string): unknown => {
    const written = text(name);
    return written === '' ? null : Number.isNaN(Number(written)) ? written : Number(written);
  };
  const chosen = Object.entries({
    sample_rate_hz: amount('rate'),
    acceleration_unit: text('acceleration') || null,
    temperature_unit: text('temperature') || null,
  }).filter(([, value]) => value !== null);
  const body = {
    gateway_id,
    serial,
    name: text('name'),
    expected_interval_s: amount('interval'),
    settings: Object.fromEntries(chosen),
  };
  return body as UpdateSensor;
}

function isListOfSensors(queryKey: readonly unknown[]): boolean {
  return (queryKey[0] as { _id?: string } | undefined)?._id === 'listSensors';
}
