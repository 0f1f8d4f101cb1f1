import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import { prepareApi } from './lib/api';
import { ApiError } from './lib/api-error';
import { createConsoleRouter } from './router/router';

prepareApi();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // An answer of the service will not change; a link that broke may come back.
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.status >= 500,
    },
    mutations: { retry: false },
  },
});
const router = createConsoleRouter();
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
