import { useMutation } from '@tanstack/react-query';
import { testGateway } from '../../.generated/sdk.gen';
import type { ConnectionTest, GatewayDraftWritable } from '../../.generated/types.gen';
import { ApiError } from '../lib/api-error';
import { ladderOfTest } from '../lib/ladder';
import { Button } from '../parts/button';
import { Ladder } from '../parts/ladder';
import { ErrorNotice, Notice } from '../parts/notices';
import { Panel } from '../parts/panel';
import styles from './gateway-edit.module.css';

interface GatewayTestProps {
  /** What is tested, in words. */
  readonly hint: string;
  /** The form is the one around the button; empty if there is none. @param force beside a live session */
  readonly onTest: (form: FormData, force: boolean) => Promise<TestAt>;
}

/** What a test found out, and at which URL. */
export interface TestAt {
  readonly result: ConnectionTest;
  readonly url: string;
}

/** Tests a gateway with some values in place of the stored ones. */
export async function testStored(id: string, draft: GatewayDraftWritable, force: boolean): Promise<ConnectionTest> {
  const query = force ? { force } : {};
  return (await testGateway({ path: { id }, body: draft, query, throwOnError: true })).data;
}

/** Tries the connection step by step on a socket of its own. Nothing is stored. */
export function GatewayTest({ hint, onTest }: GatewayTestProps) {
  const test = useMutation({
    mutationFn: ({ form, force }: { form: FormData; force: boolean }) => onTest(form, force),
  });
  const run = (form: HTMLFormElement | null, force: boolean): void =>
    test.mutate({ form: new FormData(form ?? undefined), force });
  const isLive = test.error instanceof ApiError && test.error.code === 'SESSION_LIVE';
  return (
    <Panel title="Test the connection">
      <div className={styles.test}>
        <div className={styles.line}>
          <Button data-key="t" isBusy={test.isPending} onClick={({ currentTarget }) => run(currentTarget.form, false)}>
            Test
          </Button>
          {test.data ? <Verdict isOk={test.data.result.ok} /> : <span className="muted">{hint}</span>}
        </div>
        {isLive && (
          <Notice tone="warn">
            <p>This gateway has a live session. A test beside it uses a second login.</p>
            <Button isBusy={test.isPending} onClick={({ currentTarget }) => run(currentTarget.form, true)}>
              Test beside the live session
            </Button>
          </Notice>
        )}
        {test.error && !isLive && <ErrorNotice what="The test did not run" error={test.error} />}
        {test.data && <Ladder rungs={ladderOfTest(test.data.result, test.data.url.startsWith('wss:'))} />}
      </div>
    </Panel>
  );
}

function Verdict({ isOk }: { readonly isOk: boolean }) {
  return <strong role="status">{isOk ? 'Every step succeeded.' : 'The test failed at the step below.'}</strong>;
}
