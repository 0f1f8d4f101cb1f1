import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Reach } from '../../common/actor';
import { Parameters } from '../../database/sql/parameters';
import { withinReach } from '../../database/sql/selection';
import type { ReadingKind } from '../reading';
import type { GapReason, HistoryFacts } from './history';

/** What is stored about the completeness of one gateway and kind. */
export interface StoredCompleteness {
  readonly gatewayId: string;
  readonly name: string;
  readonly kind: ReadingKind;
  readonly verifiedThrough: Date | null;
  readonly idScope: HistoryFacts['idScope'];
  readonly oldestDay: string | null;
  /** Numbers of records that are known, over all eras. */
  readonly known: number;
  readonly eras: number;
  /** Numbers that are missing, newest first, if they are those of the whole gateway. */
  readonly missing: readonly { readonly from: number; readonly to: number }[];
  /** Open gaps. */
  readonly gaps: number;
  /** Of the gateway: null if the times of all its readings are in the zone of its clock. */
  readonly zoneCorrection: StoredZoneCorrection | null;
}

/** The times of stored readings are being computed anew. */
export interface StoredZoneCorrection {
  /** The zone of the clock now. */
  readonly zone: string;
  /** In ISO 8601. */
  readonly orderedAt: string;
  /** Readings that have another time now. */
  readonly corrected: number;
  /** The readings of this day and later ones are done; null: none yet. */
  readonly doneFrom: string | null;
}

export interface GapRow {
  readonly id: string;
  readonly sensorId: string;
  readonly serial: number;
  readonly kind: ReadingKind;
  readonly fromDay: string;
  readonly toDay: string;
  readonly reason: GapReason;
  readonly state: 'open' | 'filled' | 'accepted';
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** Ranges of missing numbers that are listed per kind. */
const MISSING_LISTED = 100;
const GAPS_LISTED = 1000;

@Injectable()
export class CompletenessRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** One row per kind; none if there is no such gateway within reach. */
  findOfGateway(reach: Reach, gatewayId: string): Promise<StoredCompleteness[]> {
    return this.find(reach, 'gateways.id', gatewayId);
  }

  /** One row per gateway and kind, by name, in one statement. */
  findOfFactory(reach: Reach, factoryId: string): Promise<StoredCompleteness[]> {
    return this.find(reach, 'gateways.factory_id', factoryId);
  }

  async hasFactory(reach: Reach, factoryId: string): Promise<boolean> {
    const parameters = new Parameters();
    const conditions = [`id = ${parameters.add(factoryId, 'uuid')}`, 'deleted_at IS NULL'];
    conditions.push(...withinReach(reach, 'organization_id', parameters));
    const rows = await this.dataSource.query<object[]>(
      `SELECT id FROM factories WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return rows.length > 0;
  }

  /** The gaps of a gateway that were not filled, newest days first. */
  findGaps(reach: Reach, gatewayId: string): Promise<GapRow[]> {
    const parameters = new Parameters();
    const gateway = parameters.add(gatewayId, 'uuid');
    const conditions = ['deleted_at IS NULL', `id = ${gateway}`, ...withinReach(reach, 'organization_id', parameters)];
    return this.dataSource.query<GapRow[]>(
      `SELECT gaps.id, sensors.id AS "sensorId", sensors.serial::float8 AS serial, gaps.kind, gaps.from_day::text AS "fromDay",
         gaps.to_day::text AS "toDay", gaps.reason, gaps.state, gaps.created_at AS "createdAt", gaps.changed_at AS "changedAt"
       FROM sensors JOIN reading_gaps AS gaps ON gaps.sensor_number = sensors.number
       WHERE sensors.gateway_id IN (SELECT id FROM gateways WHERE ${conditions.join(' AND ')}) AND gaps.state <> 'filled'
       ORDER BY gaps.to_day DESC, gaps.id LIMIT ${GAPS_LISTED}`,
      parameters.values,
    );
  }

  private find(reach: Reach, column: string, value: string): Promise<StoredCompleteness[]> {
    const parameters = new Parameters();
    const conditions = [`${column} = ${parameters.add(value, 'uuid')}`, 'gateways.deleted_at IS NULL'];
    conditions.push(...withinReach(reach, 'gateways.organization_id', parameters));
    return this.dataSource.query<StoredCompleteness[]>(completenessSql(conditions.join(' AND ')), parameters.values);
  }
}

function completenessSql(condition: string): string {
  return `
    SELECT gateways.id AS "gatewayId", gateways.name, kinds.kind, states.verified_through AS "verifiedThrough",
      COALESCE(states.facts ->> 'idScope', 'unknown') AS "idScope", states.oldest_day::text AS "oldestDay",
      COALESCE(ledger.known, 0)::float8 AS known, COALESCE(ledger.eras, 0)::integer AS eras,
      CASE WHEN states.facts ->> 'idScope' = 'gateway' THEN COALESCE(newest.missing, '[]') ELSE '[]' END AS missing,
      COALESCE(gaps.count, 0)::integer AS gaps,
      CASE WHEN corrections.gateway_id IS NOT NULL THEN jsonb_build_object(
        'zone', zone_or_utc(COALESCE(gateways.clock_zone, (SELECT timezone FROM factories WHERE id = gateways.factory_id))),
        'orderedAt', corrections.ordered_at, 'corrected', corrections.corrected,
        'doneFrom', NULLIF(corrections.position ->> 'to', 'infinity')
      ) END AS "zoneCorrection"
    FROM gateways
    CROSS JOIN (VALUES (1, 'vibration'), (2, 'temperature'), (3, 'battery')) AS kinds (place, kind)
    LEFT JOIN zone_corrections AS corrections ON corrections.gateway_id = gateways.id
    LEFT JOIN history_states AS states ON states.gateway_id = gateways.id AND states.kind = kinds.kind
    LEFT JOIN LATERAL (
      SELECT count(*) AS eras, sum((SELECT sum(upper(range) - lower(range)) FROM unnest(ranges.known) AS range)) AS known
      FROM record_ranges AS ranges WHERE ranges.gateway_id = gateways.id AND ranges.kind = kinds.kind
    ) AS ledger ON true
    LEFT JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object('from', lower(hole.range), 'to', upper(hole.range) - 1) ORDER BY hole.range DESC) AS missing
      FROM (
        SELECT range FROM record_ranges AS ranges,
          unnest(int8multirange(int8range(lower(ranges.known), upper(ranges.known))) - ranges.known - ranges.absent) AS range
        WHERE ranges.gateway_id = gateways.id AND ranges.kind = kinds.kind
          AND ranges.era = (SELECT max(era) FROM record_ranges WHERE gateway_id = gateways.id AND kind = kinds.kind)
        ORDER BY range DESC LIMIT ${MISSING_LISTED}
      ) AS hole
    ) AS newest ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS count FROM sensors JOIN reading_gaps ON reading_gaps.sensor_number = sensors.number
      WHERE sensors.gateway_id = gateways.id AND reading_gaps.kind = kinds.kind AND reading_gaps.state = 'open'
    ) AS gaps ON true
    WHERE ${condition}
    ORDER BY gateways.name, gateways.id, kinds.place`;
}
