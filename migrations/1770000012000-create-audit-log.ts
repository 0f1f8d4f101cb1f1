import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditLog1770000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Version 7 of RFC 9562, section 5.7: 48 bits of Unix milliseconds, so that ids are in the order of time.
    await runner.query(`
      CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
        SELECT encode(
          set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
            PLACING substring(int8send((EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
          'hex')::uuid
      $$`);
    // What the log shows of a value: no secret, and of large values only that they changed.
    await runner.query(`
      CREATE FUNCTION audited(field text, value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE
          WHEN value IS NULL OR value = 'null' THEN 'null'::jsonb
          WHEN field = 'password' THEN '"[secret]"'
          WHEN field = 'metadata' THEN '"[metadata]"'
          WHEN field = 'tls' AND value ? 'ca'
            THEN value || jsonb_build_object('ca', 'sha256:' || encode(sha256(convert_to(value ->> 'ca', 'UTF8')), 'hex'))
          ELSE value
        END
      $$`);
    // The fields that differ, each as [old, new]; NULL if none do. A field that `before` lacks was null.
    await runner.query(`
      CREATE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
        SELECT jsonb_object_agg(field, jsonb_build_array(audited(field, before -> field), audited(field, value)))
        FROM jsonb_each(after) AS changed (field, value) WHERE COALESCE(before -> field, 'null') <> value
      $$`);
    // No foreign keys: a record outlives what it is about.
    await runner.query(`
      CREATE TABLE audit_log (
        id uuid NOT NULL DEFAULT uuid_v7(),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor_kind text NOT NULL,
        actor_id text NOT NULL,
        actor_name text NOT NULL,
        organization_id uuid,
        action text NOT NULL,
        object_type text,
        object_id uuid,
        changes jsonb,
        outcome text NOT NULL DEFAULT 'done',
        request_id text,
        address inet,
        user_agent varchar(200),
        CONSTRAINT pk_audit_log PRIMARY KEY (id),
        CONSTRAINT ck_audit_log_outcome CHECK (outcome IN ('done', 'refused'))
      )`);
    await runner.query(`CREATE INDEX ix_audit_log_organization_id_id ON audit_log (organization_id, id)`);
    await runner.query(`CREATE INDEX ix_audit_log_object_id_id ON audit_log (object_id, id)`);
    await runner.query(`CREATE INDEX ix_audit_log_actor_id_id ON audit_log (actor_id, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE audit_log`);
    await runner.query(`DROP FUNCTION audit_changes(jsonb, jsonb)`);
    await runner.query(`DROP FUNCTION audited(text, jsonb)`);
    await runner.query(`DROP FUNCTION uuid_v7()`);
  }
}
