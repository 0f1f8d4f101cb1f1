import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { SubmitEvent } from 'react';
import { testGatewayMutation } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionStatus } from '../../.generated/types.gen';
import { ApiError } from '../lib/api-error';
import { ladderOfTest } from '../lib/ladder';
import { Button } from '../parts/button';
import { Field } from '../parts/field';
import { Ladder } from '../parts/ladder';
import { ErrorNotice, Notice } from '../parts/notices';
import { Panel } from '../parts/panel';
import { useMay } from '../shell/session';
import styles from './gateway.module.css';

/** Tests the connection with the stored login or another one. Nothing is stored. */
export function GatewayTest({ status, hasTls }: { readonly status: ConnectionStatus; readonly hasTls: boolean }) {
  const form = useRef<HTMLFormElement>(null);
  const [isTlsTested, setTlsTested] = useState(hasTls);
  const test = useMutation(testGatewayMutation());
  if (!useMay('gateways:test')) return null;
  const run = (force: boolean): void => {
    // Fields that are left empty are tested as stored.
    const body = Object.fromEntries([...new FormData(form.current ?? undefined)].filter(([, value]) => value !== ''));
    setTlsTested(typeof body.url === 'string' ? body.url.startsWith('wss:') : hasTls);
    test.mutate({ path: { id: status.id }, query: force ? { force } : {}, body });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    run(false);
  };
  const isLive = test.error instanceof ApiError && test.error.code === 'SESSION_LIVE';
  return (
    <div className={styles.section}>
      <Panel title="Test the connection">
        <form ref={form} className={styles.parts} onSubmit={submit}>
          <p className="muted">Tries every step on a socket of its own, and stores nothing. Empty fields: as stored.</p>
          <Fields error={test.error} />
          <div className={styles.buttons}>
            <Button type="submit" isBusy={test.isPending}>
              Test
            </Button>
            {test.data && <Verdict isOk={test.data.ok} />}
          </div>
        </form>
        {isLive && (
          <Notice tone="warn">
            <p>
              This gateway has a live session. <Button onClick={() => run(true)}>Test beside the live session</Button>
            </p>
          </Notice>
        )}
        {test.error && !isLive && <ErrorNotice error={test.error} />}
        {test.data && <Ladder rungs={ladderOfTest(test.data, isTlsTested)} />}
      </Panel>
    </div>
  );
}

function Verdict({ isOk }: { readonly isOk: boolean }) {
  return <strong role="status">{isOk ? 'Every step succeeded.' : 'The test failed at the step below.'}</strong>;
}

const FIELDS = [
  ['url', 'URL', 'url'],
  ['email', 'E-mail', 'email'],
  ['password', 'Password', 'password'],
] as const;

/** The form keeps the values, not React, which would write the password into an attribute of the page. */
function Fields({ error }: { readonly error: unknown }) {
  const problems = error instanceof ApiError ? error.fields : [];
  return (
    <div className={styles.form}>
      {FIELDS.map(([name, label, type]) => (
        <Field key={name} label={label} problem={problems.find(({ path }) => path === name)?.message}>
          {(attributes) => (
            <input
              {...attributes}
              name={name}
              type={type === 'password' ? 'password' : 'text'}
              autoComplete={type === 'password' ? 'new-password' : 'off'}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
