import { useRefusal, useStaleSince } from '../live/live';
import { useMoment } from '../parts/time';
import { Icon } from '../parts/icon';
import styles from './stale-banner.module.css';

/** Why the service refuses the stream, and what still works. */
const REFUSALS: Record<string, string> = {
  NOT_READY: 'The service is starting or does not hold the sessions.',
  TOO_MANY_STREAMS: 'Too many streams are open. The page asks again every 5 seconds instead.',
  FORBIDDEN: 'This key may not follow changes. The page asks again every 5 seconds instead.',
  UNAUTHENTICATED: 'The sign-in has ended.',
  INTERNAL_ERROR: 'The service failed; its log says why.',
};

/** Says that the page may not be true any more, and since when. */
export function StaleBanner() {
  const since = useStaleSince();
  const refusal = useRefusal();
  const moment = useMoment(since === null ? null : new Date(since).toISOString());
  return (
    <div role="status">
      {since !== null && (
        <div className={styles.banner}>
          <Icon name="warning" />
          <p>
            <strong>Not live since {moment.split(' ').slice(1).join(' ')}.</strong>{' '}
            {refusal === null
              ? 'The service does not answer. What is shown below was true then.'
              : (REFUSALS[refusal] ?? `The service refuses the stream (${refusal}).`)}
          </p>
        </div>
      )}
    </div>
  );
}
