import type { ScheduleRow } from './schedule.entity';
import type { Target } from './schedules.repository';

/** What a schedule covers. */
export function targetOf({ factoryId, gatewayId, sensorId }: ScheduleRow): Target {
  if (sensorId !== null) return { level: 'sensor', id: sensorId };
  if (gatewayId !== null) return { level: 'gateway', id: gatewayId };
  return { level: 'factory', id: factoryId ?? '' };
}
