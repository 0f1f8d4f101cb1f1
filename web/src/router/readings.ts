import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { idIn } from '../lib/url-state';
import { readReadingSearch } from '../routes/reading/reading-search';
import { readSensorSearch } from '../routes/sensors/sensor-search';
import { readSensorsSearch } from '../routes/sensors/sensors-search';
import { shell } from './root';

const gatewaySensors = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id/sensors',
  validateSearch: readSensorsSearch,
  component: lazyRouteComponent(() => import('../routes/sensors/gateway-sensors'), 'GatewaySensors'),
});

const completeness = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id/completeness',
  validateSearch: (search): { backfill?: string | undefined } => ({ backfill: idIn(search, 'backfill') }),
  component: lazyRouteComponent(() => import('../routes/completeness/completeness'), 'CompletenessPage'),
});

const sensors = createRoute({
  getParentRoute: () => shell,
  path: '/sensors',
  validateSearch: readSensorsSearch,
  component: lazyRouteComponent(() => import('../routes/sensors/sensors'), 'Sensors'),
});

const sensor = createRoute({
  getParentRoute: () => shell,
  path: '/sensors/$id',
  validateSearch: readSensorSearch,
  component: lazyRouteComponent(() => import('../routes/sensors/sensor'), 'SensorPage'),
});

const reading = createRoute({
  getParentRoute: () => shell,
  path: '/readings/$id',
  validateSearch: readReadingSearch,
  component: lazyRouteComponent(() => import('../routes/reading/reading'), 'ReadingPage'),
});

export const readingRoutes = [gatewaySensors, completeness, sensors, sensor, reading] as const;
