import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import { prepareApi } from './lib/api';
import { getSessionQueryKey } from '../.generated/@tanstack/react-query.gen';
import { ApiError, isUnauthenticated } from './lib/api-error';
import { createConsoleRouter } from './router/router';

prepareApi();
/** Whatever is refused because the session has ended: asking who is signed in then leads to the sign-in page. */
const onError = (error: unknown): void => {
  if (isUnauthenticated(error)) void queries.invalidateQueries({ queryKey: getSessionQueryKey() });
};
const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (JSON.stringify(queryKey) !== JSON.stringify(getSessionQueryKey())) onError(error);
    },
  }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // An answer of the service will not change; a link that broke may come back.
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.status >= 500,
    },
    mutations: { retry: false },
  },
});
const router = createConsoleRouter({ queries });
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
