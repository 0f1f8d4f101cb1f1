import { z } from 'zod';
import { me, toMeDto } from '../api-keys/api-key.dto';
import type { VerifiedKey } from '../api-keys/verified-key';
import type { Actor } from '../common/actor';
import { requiredText, timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';

const MAX_KEY_LENGTH = 200;

export class SignInDto extends createZodDto(
  z
    .strictObject({
      api_key: requiredText(MAX_KEY_LENGTH).meta({ description: 'The key to sign in with', writeOnly: true }),
    })
    .meta({ id: 'SignIn' }),
) {}

export class SessionDto extends createZodDto(
  me
    .extend({
      auth: z.enum(['keys', 'off']).meta({
        description: '`off`: the service asks nobody who they are, and everybody is the anonymous administrator',
      }),
      expires_at: timestamp.nullable().meta({ description: 'When the session ends; null: never' }),
    })
    .meta({ id: 'Session' }),
) {}

/**
 * @param key of the actor; undefined with `AUTH=off`
 * @param endsAt milliseconds since 1970; Infinity if the caller shows a key and no session
 */
export function toSessionDto(
  auth: 'keys' | 'off',
  actor: Actor,
  key: Pick<VerifiedKey, 'role' | 'expiresAt'> | undefined,
  endsAt: number,
): SessionDto {
  const caller = toMeDto(actor, key);
  const expires = endsAt === Infinity ? caller.expires_at : new Date(endsAt).toISOString();
  return Object.assign(caller, { auth, expires_at: expires });
}
