const string = { type: 'string' } as const;
const integer = { type: 'integer' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const orNull = <Schema extends object>(schema: Schema) => ({ ...schema, nullable: true }) as const;
const anyObject = { type: 'object', additionalProperties: true } as const;

export const organization = {
  type: 'object',
  properties: {
    id: string,
    name: string,
    metadata: anyObject,
    gateway_networks: orNull({ type: 'array', items: string }),
    created_at: time,
    updated_at: time,
  },
} as const;

export const factory = {
  type: 'object',
  properties: {
    id: string,
    organization_id: string,
    name: string,
    location: orNull(string),
    timezone: string,
    metadata: anyObject,
    created_at: time,
    updated_at: time,
  },
} as const;

export const gateway = {
  type: 'object',
  properties: {
    id: string,
    factory_id: string,
    gateway_id: string,
    name: string,
    url: string,
    email: string,
    tls: orNull(anyObject),
    model: orNull(string),
    firmware_version: orNull(string),
    clock_zone: orNull(string),
    metadata: anyObject,
    desired_state: string,
    last_seen_at: orNull(time),
    created_at: time,
    updated_at: time,
  },
} as const;

export const status = {
  type: 'object',
  properties: {
    id: string,
    gateway_id: string,
    name: string,
    factory_id: string,
    desired_state: string,
    state: string,
    since: string,
    as_of: string,
    observed_by: string,
    reason: orNull(anyObject),
    attempt: integer,
    next_retry_at: orNull(string),
    connected_at: orNull(string),
    last_seen_at: orNull(string),
    last_message_at: orNull(string),
    receiving_since: orNull(string),
    busy: orNull(anyObject),
    latency_ms: orNull({ type: 'number' }),
    messages_received: integer,
    messages_sent: integer,
    reconnects: integer,
    liveness: string,
    tls_verified: orNull({ type: 'boolean' }),
    last_known: orNull({ type: 'object', properties: { state: string, since: string, as_of: string } }),
  },
} as const;

export const health = {
  type: 'object',
  properties: {
    status: string,
    timestamp: string,
    auth: string,
    uptime: { type: 'number' },
    version: string,
    database: string,
    connections: {
      type: 'object',
      properties: {
        disconnected: integer,
        connecting: integer,
        authenticating: integer,
        connected: integer,
        reconnecting: integer,
        auth_failed: integer,
        unknown: integer,
      },
    },
    readings: {
      type: 'object',
      properties: {
        queued: integer,
        stored: integer,
        dropped: { type: 'object', properties: { vibration: integer, temperature: integer, battery: integer } },
        spool_bytes: integer,
        retention: {
          type: 'object',
          properties: {
            full_days: integer,
            thinned_through: orNull(string),
            bytes: integer,
            over_budget: { type: 'boolean' },
          },
        },
      },
    },
  },
} as const;

export const pageOf = <Item extends object>(item: Item) =>
  ({
    type: 'object',
    properties: {
      data: { type: 'array', items: item },
      pagination: {
        type: 'object',
        properties: {
          total: integer,
          limit: integer,
          offset: integer,
          hasNext: { type: 'boolean' },
          hasPrev: { type: 'boolean' },
          next_cursor: orNull(string),
        },
      },
    },
  }) as const;

/** Route options with the schema of answers with this status. */
export const answers = <Schema extends object>(code: number, schema: Schema) => ({
  schema: { response: { [code]: schema } },
});
