import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { firstIdSql } from '../database/sql/first-id.sql';
import type { ReadingKind } from '../readings/reading';
import { CLOCK_TOLERANCE_MS, EARLIEST_PART } from './freshness';
import type { PastOrder, Rule, SensorFacts } from './freshness';
import { Schedule } from './schedule.entity';

/** An enabled schedule, with the time zone of its factory. */
export interface ActiveRule extends Rule {
  readonly kind: ReadingKind;
  readonly timezone: string;
}

/** A sensor whose reading may be due, with the ids of all enabled schedules that cover it. */
export interface WatchedSensor extends SensorFacts {
  readonly ruleIds: readonly string[];
}

type RuleRow = Pick<Schedule, 'id' | 'kind' | 'maxAgeS' | 'windows' | 'dailyBudget'> &
  Pick<ActiveRule, 'level' | 'timezone'>;

interface SensorRow extends Omit<WatchedSensor, 'orders' | 'measuredAt'> {
  readonly measuredAt: number | null;
  readonly orders: readonly [created: number, sent: number | null, ended: number | null, completed: boolean][];
}

/** Orders of the longest day, and of the hour before, since an order may wait that long. */
const RECENT = `interval '27 hours'`;

const ms = (time: string) => `(EXTRACT(EPOCH FROM ${time}) * 1000)::float8`;

/** Sensors that can be ordered to measure, each with the latest reading of the kind of the rule. */
const covered = (join: string) => `
  SELECT rules.id AS rule_id, rules.kind, rules.max_age_s, sensors.id AS sensor_id, sensors.gateway_id,
    CASE rules.kind WHEN 'vibration' THEN sensors.latest_vibration_measured_at
      WHEN 'temperature' THEN sensors.latest_temperature_measured_at ELSE sensors.latest_battery_measured_at END AS measured_at
  FROM rules ${join}
  WHERE sensors.listed AND sensors.connected IS NOT FALSE AND sensors.gateway_id = ANY ($1::uuid[])`;

/** Completed orders count for as long as a reading may be old; others only as far back as budget and back-off look. */
const PAST = `
  SELECT * FROM (SELECT id, created_at, sent_at, ended_at, state FROM acquisitions
    WHERE sensor_id = watched.sensor_id AND kind = watched.kind AND id > ${firstIdSql(`now() - ${RECENT}`)}) AS recent
  UNION ALL
  SELECT * FROM (SELECT id, created_at, sent_at, ended_at, state FROM acquisitions
    WHERE sensor_id = watched.sensor_id AND kind = watched.kind AND state = 'completed'
      AND id > ${firstIdSql(`now() - watched.longest_s * interval '1 second'`)} AND id <= ${firstIdSql(`now() - ${RECENT}`)}
    ORDER BY sensor_id DESC, id DESC LIMIT 1) AS completed`;

/** What schedules need to know of all organizations. */
@Injectable()
export class DueSensorsRepository {
  constructor(@InjectRepository(Schedule) private readonly repository: Repository<Schedule>) {}

  /** Every enabled schedule. */
  async findRules(): Promise<ActiveRule[]> {
    const rows = await this.repository.query<RuleRow[]>(
      `SELECT rules.id, rules.kind, rules.max_age_s AS "maxAgeS", rules.windows, rules.daily_budget AS "dailyBudget",
         factories.timezone,
         CASE WHEN rules.factory_id IS NOT NULL THEN 'factory' WHEN rules.gateway_id IS NOT NULL THEN 'gateway' ELSE 'sensor' END AS level
       FROM schedules AS rules
       LEFT JOIN sensors ON sensors.id = rules.sensor_id
       LEFT JOIN gateways ON gateways.id = COALESCE(rules.gateway_id, sensors.gateway_id)
       JOIN factories ON factories.id = COALESCE(rules.factory_id, gateways.factory_id)
       WHERE rules.enabled AND rules.deleted_at IS NULL`,
    );
    return rows.map(({ maxAgeS, ...rule }) => ({ ...rule, maxAgeMs: maxAgeS * 1000 }));
  }

  /**
   * The sensors that may be due: their latest reading is so old that one of the open rules may order another one, or there is none. One
   * statement for the whole fleet.
   * @param gatewayIds those that can take orders
   * @param openRuleIds rules that may order now
   */
  async findSensors(gatewayIds: readonly string[], openRuleIds: readonly string[]): Promise<WatchedSensor[]> {
    const rows = await this.repository.query<SensorRow[]>(
      `WITH rules AS MATERIALIZED (
         SELECT id, factory_id, gateway_id, sensor_id, kind, max_age_s FROM schedules WHERE enabled AND deleted_at IS NULL),
       covered AS (
         ${covered('JOIN sensors ON sensors.id = rules.sensor_id')}
         UNION ALL ${covered('JOIN sensors ON sensors.gateway_id = rules.gateway_id')}
         UNION ALL ${covered(`JOIN gateways ON gateways.factory_id = rules.factory_id AND gateways.deleted_at IS NULL
           JOIN sensors ON sensors.gateway_id = gateways.id`)}),
       watched AS (
         SELECT sensor_id, gateway_id, kind, measured_at, array_agg(rule_id) AS rule_ids, max(max_age_s) AS longest_s
         FROM covered GROUP BY sensor_id, gateway_id, kind, measured_at
         HAVING bool_or(rule_id = ANY ($2::uuid[]) AND (measured_at IS NULL OR measured_at > now() + $4::float8 * interval '1 millisecond'
           OR measured_at <= now() - $3::float8 * max_age_s * interval '1 second')))
       SELECT sensor_id AS "sensorId", gateway_id AS "gatewayId", kind, rule_ids AS "ruleIds", ${ms('measured_at')} AS "measuredAt",
         (SELECT COALESCE(jsonb_agg(jsonb_build_array(${ms('created_at')}, ${ms('sent_at')}, ${ms('ended_at')}, state = 'completed')
            ORDER BY id), '[]') FROM (${PAST}) AS past) AS orders
       FROM watched`,
      [gatewayIds, openRuleIds, EARLIEST_PART, CLOCK_TOLERANCE_MS],
    );
    return rows.map((row) => ({ ...row, orders: row.orders.map(toPastOrder) }));
  }
}

function toPastOrder([createdAt, sentAt, endedAt, isCompleted]: SensorRow['orders'][number]): PastOrder {
  return { createdAt, sentAt, endedAt, isCompleted };
}
