import { changesOf } from '../lib/changes';
import type { Edit, Revision } from '../lib/edit';
import { Button } from './button';
import styles from './conflict-notice.module.css';
import { Notice } from './notices';

interface ConflictNoticeProps<Resource extends object, Changes> {
  /** What it is called: `gateway`. */
  readonly noun: string;
  readonly base: Revision<Resource>;
  readonly edit: Edit<Resource, Changes>;
  /** Throws away what was typed, and shows the present values. */
  readonly onDiscard: () => void;
}

/** Says that somebody else has changed a resource while its form was open, and what, and asks what to do. */
export function ConflictNotice<Resource extends object, Changes>({
  noun,
  base,
  edit,
  onDiscard,
}: ConflictNoticeProps<Resource, Changes>) {
  if (!edit.conflict) return null;
  const changes = Object.entries(changesOf(base.value, edit.conflict.value)).filter(([name]) => name !== 'updated_at');
  return (
    <div role="alert">
      <Notice tone="warn">
        <p>
          <strong>Somebody else has changed this {noun} since you opened it. Nothing was saved.</strong>
        </p>
        <ul className={styles.changes}>
          {changes.map(([name, value]) => (
            <li key={name}>
              <code>{name}</code> is now <code>{JSON.stringify(value)}</code>
            </li>
          ))}
        </ul>
        <div className={styles.choices}>
          <Button onClick={edit.saveOver} isBusy={edit.isSaving}>
            Save my changes over it
          </Button>
          <Button onClick={onDiscard}>Discard mine and show what it is now</Button>
        </div>
      </Notice>
    </div>
  );
}
