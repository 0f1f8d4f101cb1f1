/** Every code of the error envelope, with its meaning for the client. The OpenAPI document quotes these sentences. */
export const ERROR_CODES = {
  VALIDATION_ERROR: 'The path, query or body is invalid. `details` names each field and what is expected.',
  MALFORMED_JSON: 'The body is not valid JSON, or does not match its headers.',
  BAD_URL: 'The URL cannot be decoded.',
  UNAUTHENTICATED:
    'The request needs a valid API key: `Authorization: Bearer gwh_…`, or a session. Keys expire and can be revoked.',
  FORBIDDEN: 'The caller lacks the scope that `details` names.',
  ADDRESS_NOT_ALLOWED: 'The key is not valid from the address of the caller.',
  CROSS_SITE_REQUEST:
    'A page of another origin sent the request. Allow the origin with `CORS_ORIGINS`, and send a key: the session cookie is for our own pages.',
  SIGN_IN_OFF: 'The service asks nobody who they are (`AUTH=off`), so there is nothing to sign in to.',
  ORGANIZATION_NOT_FOUND: 'No organization has this id, or it was deleted.',
  FACTORY_NOT_FOUND: 'No factory has this id, or it was deleted.',
  GATEWAY_NOT_FOUND: 'No gateway has this id, or it was deleted.',
  SENSOR_NOT_FOUND: 'No sensor has this id, or its gateway was deleted.',
  READING_NOT_FOUND: 'No reading has this id, or its gateway was deleted.',
  WAVEFORM_NOT_FOUND: 'The reading has no waveform, or none of these axes.',
  WAVEFORM_THINNED: 'The waveform was deleted when its time was over. The statistics are kept.',
  SAMPLE_RATE_UNKNOWN: 'The sample rate of the reading is unknown, and this needs one.',
  BAND_OUTSIDE_RECORD:
    'The record has no line at these frequencies: they exceed half of its sample rate, or lie between two lines.',
  AXES_DIFFER: 'The axes have different numbers of samples, so their lines differ. Ask for one axis at a time.',
  RECORD_TOO_LONG: 'The record has more than 131,072 samples, which are too many to be analysed.',
  SEVERITY_LIMITS_NOT_FOUND: 'No limits are stored for this standard, group and support.',
  TOO_MANY_BUCKETS: 'The period has too many buckets of this length. Choose a longer `bucket`, or a shorter period.',
  BACKFILL_NOT_FOUND: 'No backfill has this id, or its gateway was deleted.',
  BACKFILL_ENDED: 'The backfill has ended, so it cannot be cancelled.',
  ACQUISITION_NOT_FOUND: 'No acquisition has this id, or its gateway was deleted.',
  ACQUISITION_UNDER_WAY: 'The gateway has the command already, and cannot take it back.',
  ACQUISITION_ENDED: 'The acquisition has ended, so it cannot be cancelled.',
  SCHEDULE_NOT_FOUND: 'No schedule has this id, or it was deleted, or its factory or gateway was.',
  TOO_SOON: 'The sensor was ordered to measure this a short time ago. Retry after `Retry-After` seconds.',
  KEY_NOT_FOUND: 'No key has this id.',
  KEY_NOT_ACTIVE: 'The key is revoked or has expired.',
  LAST_ADMIN:
    'The key is the last admin key of the installation, or the last one without limits. Create another one first.',
  LIMIT_REACHED: 'The limit of stored items is reached.',
  SCOPE_NOT_HELD: 'The key would have a right that the caller does not have.',
  SCOPE_NOT_IN_ROLE: 'The role does not have this scope.',
  PRECONDITION_FAILED:
    'The resource has another revision than `If-Match` names. Read it again; `ETag` has the present one.',
  PRECONDITION_REQUIRED: 'Send `If-Match` with the `ETag` of the resource, or `*`.',
  IDEMPOTENCY_KEY_REUSED: 'The `Idempotency-Key` was used for another request within the last 24 hours.',
  REQUEST_TIMEOUT: 'The request took too long to arrive.',
  ORGANIZATION_NOT_EMPTY: 'The organization has factories. Send `cascade=true` to delete them and their gateways too.',
  GATEWAY_ID_TAKEN: 'Another gateway of this organization has this `gateway_id`.',
  GATEWAY_URL_TAKEN:
    'Another gateway of this organization has this `url` and `email`. Send `allow_duplicate=true` to allow both.',
  SESSION_LIVE: 'The gateway has a session, or is being dialled or tested. Send `force=true` to test it anyway.',
  PAYLOAD_TOO_LARGE: 'The body is larger than this operation accepts.',
  URI_TOO_LONG: 'The URL is too long.',
  UNSUPPORTED_MEDIA_TYPE: 'The body must be `application/json`.',
  MISDIRECTED_REQUEST: 'The service does not answer to this host name. Allow the name with `ALLOWED_HOSTS`.',
  READ_ONLY_FIELD:
    'The field in `details` cannot be changed by this request, and its value differs from the stored one.',
  FACTORY_IN_OTHER_ORGANIZATION: 'A gateway can move only to a factory of the same organization.',
  TLS_NEEDS_WSS: '`tls.ca` and `tls.fingerprint256` need a `wss://` URL.',
  ADDRESS_REFUSED:
    'The address in `url` is outside the allowed networks: `GATEWAY_NETWORKS`, or `gateway_networks` of the organization.',
  PASSWORD_REQUIRED: 'A changed origin or `email`, or weaker `tls`, needs the `password` in the request.',
  ACCOUNT_BUDGET_SPENT:
    'The gateways refused this login too often within the last hour. Retry after `Retry-After` seconds.',
  TOO_MANY_REQUESTS: 'Too many requests of this kind within a minute. Retry after `Retry-After` seconds.',
  TOO_MANY_STREAMS: 'The limit of concurrent event streams is reached. Close one, or try again later.',
  HEADERS_TOO_LARGE: 'The request headers are too large.',
  INTERNAL_ERROR: 'Internal error. The log of the service has the cause.',
  NOT_READY: 'This service does not run the gateway sessions: it is starting, or another replica runs them.',
  OWNER_UNREACHABLE:
    'Another replica holds the session of the gateway, and cannot be reached or has not answered. Retry after `Retry-After` seconds.',
  OWNERSHIP_UNCERTAIN:
    'This replica cannot confirm at the moment that it still has the gateway, so it sends nothing. Retry after `Retry-After` seconds.',
  TOO_MANY_TESTS: 'Too many connection tests are running, or this login is already being tested. Try again later.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
