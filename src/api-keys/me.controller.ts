import { Controller, Get, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { MeDto, toMeDto } from './api-key.dto';
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
    return toMeDto(actor, this.keys.findById(actor.id));
  }
}
