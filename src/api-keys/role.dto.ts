import { z } from 'zod';
import { SCOPES } from '../common/actor';
import { createZodDto } from '../http/contract/zod-dto';
import { ROLES, scopesOf } from './roles';

/** Any id: a role allows the same in each organization. */
const SOME_ORGANIZATION = '';

const role = z
  .object({
    name: z.enum(ROLES),
    scopes: z.array(z.enum(SCOPES)).meta({ description: 'What a key of the whole installation may do' }),
    organization_scopes: z.array(z.enum(SCOPES)).meta({ description: 'What a key of one organization may do' }),
  })
  .meta({ id: 'Role' });

export class RoleListDto extends createZodDto(z.object({ data: z.array(role) }).meta({ id: 'RoleList' })) {}

/** All roles, the one that may do least first. */
export const ROLE_LIST: RoleListDto = {
  data: ROLES.map((name) => ({
    name,
    scopes: [...scopesOf(name, null)],
    organization_scopes: [...scopesOf(name, SOME_ORGANIZATION)],
  })),
};
