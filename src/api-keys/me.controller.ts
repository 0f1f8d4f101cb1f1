import { Controller, Get, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { MeDto } from './api-key.dto';
import { VerifiedKeys } from './verified-keys';

@ApiTags('keys')
@Controller('me')
export class MeController {
  constructor(private readonly keys: VerifiedKeys) {}

  @Get()
  @Operation({
    id: 'getMe',
    summary: 'Get the caller',
    description: 'Whose key the request carries, and what it may do. With `AUTH=off`, everybody is `anonymous`.',
    permission: 'any',
  })
  @JsonResponse(200, MeDto)
  get(@Req() { actor }: ApiRequest): MeDto {
    const key = this.keys.findById(actor.id);
    return {
      kind: actor.kind === 'key' ? 'key' : 'anonymous',
      id: actor.id,
      name: actor.name,
      organization_id: actor.organizationId,
      role: key?.role ?? 'admin',
      scopes: [...actor.scopes],
      expires_at: key && key.expiresAt !== Infinity ? new Date(key.expiresAt).toISOString() : null,
    };
  }
}
