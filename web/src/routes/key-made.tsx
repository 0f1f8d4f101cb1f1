import type { ReactNode } from 'react';
import type { MadeKey } from '../../.generated/types.gen';
import { ButtonLink } from '../parts/button';
import { CopyButton } from '../parts/copy-button';
import { FormActions } from '../parts/form';
import { Notice } from '../parts/notices';
import { Panel } from '../parts/panel';
import styles from './key-made.module.css';

interface KeyMadeProps {
  readonly made: MadeKey;
  /** What else to know, such as until when the old key works. */
  readonly children?: ReactNode;
}

/** Shows a new key, once. */
export function KeyMade({ made: { secret }, children }: KeyMadeProps) {
  return (
    <div className="stack">
      <Notice tone="warn">
        <p>
          <strong>Copy the key now.</strong> Neither this page nor the service can show it again. {children}
        </p>
      </Notice>
      <Panel title="The key">
        <div className={styles.key}>
          <code className={styles.secret}>{secret}</code>
          <CopyButton text={secret} label="Copy" />
        </div>
      </Panel>
      <FormActions>
        <ButtonLink to="/settings/keys">I have stored it</ButtonLink>
      </FormActions>
    </div>
  );
}
