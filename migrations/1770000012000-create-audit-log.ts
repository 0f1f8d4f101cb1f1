import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditLog1770000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Version 7 of RFC 9562, section 5.7: 48 bits of Unix milliseconds, then 12 bits of the fraction (section 6.2, method 3). So ids are
    // in the order of time, also those of two changes of one row within a millisecond.
    await runner.query(`
      CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
        SELECT (
          overlay(lpad(to_hex((EXTRACT(EPOCH FROM clock_timestamp()) * 4096000)::bigint), 15, '0') PLACING '7' FROM 13 FOR 0)
          || right(gen_random_uuid()::text, 17)
        )::uuid
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
    await runner.query(`CREATE INDEX ix_audit_log_action_id ON audit_log (action, id)`);
    await runner.query(`CREATE INDEX ix_audit_log_request_id_id ON audit_log (request_id, id)`);
    await makeAppendOnly(runner);
    await createRetention(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION expire_audit_log(integer)`);
    await runner.query(`DROP TABLE audit_log`);
    await runner.query(`DROP FUNCTION refuse_audit_change()`);
    await runner.query(`DROP FUNCTION audit_changes(jsonb, jsonb)`);
    await runner.query(`DROP FUNCTION audited(text, jsonb)`);
    await runner.query(`DROP FUNCTION uuid_v7()`);
  }
}

/** Every change is refused, the owner's too, except in `expire_audit_log`. */
async function makeAppendOnly(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' AND current_setting('gateway_hub.expires_audit_log', true) = 'on' THEN RETURN NULL; END IF;
        RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'insufficient_privilege';
      END
    $$`);
  await runner.query(`
    CREATE TRIGGER tr_audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
}

/**
 * Creates `expire_audit_log`: deletes the oldest day (UTC) of the log if it is over for `keep_days`, records that, and returns the number
 * of deleted rows. Whoever may call it can delete nothing younger than 30 days. A role other than the owner needs EXECUTE on it.
 */
async function createRetention(runner: QueryRunner): Promise<void> {
  // The search path is fixed, so that a caller cannot put a table of its own in the place of the log.
  const [{ schema }] = (await runner.query(`SELECT quote_ident(current_schema()) AS schema`)) as [{ schema: string }];
  await runner.query(`
    CREATE FUNCTION expire_audit_log(keep_days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp SET timezone = 'UTC' AS $$
      DECLARE
        day_end timestamptz;
        expired integer;
      BEGIN
        IF keep_days < 30 THEN
          RAISE EXCEPTION 'the audit log is kept for at least 30 days' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        SELECT date_trunc('day', at) + interval '1 day' INTO day_end FROM audit_log ORDER BY id LIMIT 1;
        IF day_end IS NULL OR day_end > date_trunc('day', now()) - keep_days * interval '1 day' THEN RETURN 0; END IF;

        PERFORM set_config('gateway_hub.expires_audit_log', 'on', true);
        DELETE FROM audit_log WHERE at < day_end
          AND id < rpad(lpad(to_hex((EXTRACT(EPOCH FROM day_end) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
        GET DIAGNOSTICS expired = ROW_COUNT;
        PERFORM set_config('gateway_hub.expires_audit_log', '', true);

        INSERT INTO audit_log (actor_kind, actor_id, actor_name, action, changes)
        VALUES ('system', 'system', 'system', 'audit.expire',
          jsonb_build_object('until', jsonb_build_array(NULL, day_end), 'rows', jsonb_build_array(NULL, expired)));
        RETURN expired;
      END
    $$`);
  await runner.query(`REVOKE ALL ON FUNCTION expire_audit_log(integer) FROM PUBLIC`);
}
