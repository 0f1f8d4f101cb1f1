import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from './root';

const about = createRoute({
  getParentRoute: () => shell,
  path: '/settings/about',
  component: lazyRouteComponent(() => import('../routes/about'), 'About'),
});

export const settingsRoutes = [about] as const;
