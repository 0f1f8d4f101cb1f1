import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { ROLE_LIST, RoleListDto } from './role.dto';

@ApiTags('keys')
@Controller('roles')
export class RolesController {
  @Get()
  @Operation({
    id: 'listRoles',
    summary: 'List roles',
    description:
      'What each role may do. The `scopes` of a key can be any of these that the caller has too. Roles are fixed: they change with the ' +
      'version of the service only.',
    permission: 'any',
  })
  @JsonResponse(200, RoleListDto)
  list(): RoleListDto {
    return ROLE_LIST;
  }
}
