import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { signIn } from '../shell/session';
import { Button } from '../parts/button';
import { Field } from '../parts/field';
import { ErrorNotice } from '../parts/notices';
import styles from './sign-in.module.css';

/** Asks for an API key. After it, the page that was asked for is shown. */
export function SignIn() {
  const { return_to: returnTo } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queries = useQueryClient();
  useEffect(() => {
    document.title = 'Sign in · Gateway hub';
  }, []);
  const session = useMutation({
    mutationFn: signIn,
    onSuccess: async () => {
      queries.clear();
      await navigate({ href: isLocal(returnTo) ? returnTo : '/', replace: true });
    },
  });
  return (
    <main className={styles.page}>
      <form
        className={styles.card}
        onSubmit={(event) => {
          event.preventDefault();
          // The form keeps the key, not React, which would write it into an attribute of the page.
          const key = new FormData(event.currentTarget).get('key');
          session.mutate(typeof key === 'string' ? key.trim() : '');
        }}
      >
        <h1>Sign in</h1>
        <p className="muted">With an API key of this gateway hub. The browser does not keep the key.</p>
        <Field label="API key" hint="It begins with gwh_. An administrator makes one with npm run api-keys:create.">
          {(attributes) => (
            <input
              {...attributes}
              name="key"
              type="password"
              autoComplete="current-password"
              required
              // eslint-disable-next-line jsx-a11y/no-autofocus -- The page has nothing else.
              autoFocus
            />
          )}
        </Field>
        {session.error && <ErrorNotice error={session.error} />}
        <Button type="submit" look="primary" isBusy={session.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

/** A path of the console, and no address of another site. */
function isLocal(path: string | undefined): path is string {
  return path !== undefined && /^\/(?![/\\])/.test(path);
}
