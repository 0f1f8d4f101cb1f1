import { z } from 'zod';
import { SCOPES } from '../common/actor';
import type { Actor } from '../common/actor';

export const actorMessage = z.object({
  kind: z.enum(['key', 'command', 'system', 'anonymous']),
  id: z.string(),
  name: z.string(),
  organizationId: z.string().nullable(),
  // A later version may know more scopes.
  scopes: z.array(z.string()).transform((scopes) => SCOPES.filter((scope) => scopes.includes(scope))),
  limits: z
    .object({
      allowedNetworks: z.array(z.string()).nullable(),
      expiresAt: z
        .string()
        .transform((text) => new Date(text))
        .nullable(),
    })
    .optional(),
  origin: z
    .object({ requestId: z.string(), address: z.string().nullable(), userAgent: z.string().nullable() })
    .optional(),
});

/** Who acts, as one replica tells it to another. */
export type ActorMessage = z.input<typeof actorMessage>;

export function toActorMessage({ kind, id, name, organizationId, scopes, limits, origin }: Actor): ActorMessage {
  return {
    ...{ kind, id, name, organizationId, scopes: [...scopes] },
    ...(limits && {
      limits: {
        allowedNetworks: limits.allowedNetworks && [...limits.allowedNetworks],
        expiresAt: limits.expiresAt?.toISOString() ?? null,
      },
    }),
    ...(origin && { origin }),
  };
}

export function toActor({ scopes, limits, origin, ...rest }: z.output<typeof actorMessage>): Actor {
  return { ...rest, scopes: new Set(scopes), ...(limits && { limits }), ...(origin && { origin }) };
}
