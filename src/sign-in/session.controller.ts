import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { VerifiedKeys } from '../api-keys/verified-keys';
import { Config } from '../config/config';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf, originOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { clearSessionCookie, setSessionCookie } from '../http/contract/session-cookie';
import { SessionDto, SignInDto, toSessionDto } from './session.dto';
import { SignInService } from './sign-in.service';

@ApiTags('session')
@Controller('session')
export class SessionController {
  constructor(
    private readonly config: Config,
    private readonly keys: VerifiedKeys,
    private readonly signIn: SignInService,
  ) {}

  @Post()
  @HttpCode(204)
  @Operation({
    id: 'createSession',
    summary: 'Sign in',
    description:
      'For browsers: exchanges an API key for a cookie that scripts cannot read. The session has the rights of the key, lasts twelve hours, ' +
      'and ends when the key is revoked or expires. With the cookie, only pages of this service may send other requests than GET.',
    permission: 'public',
    limit: 'sign-ins',
  })
  @ApiErrors({ 401: ['UNAUTHENTICATED'], 403: ['ADDRESS_NOT_ALLOWED', 'CROSS_SITE_REQUEST'], 409: ['SIGN_IN_OFF'] })
  @ApiNoContentResponse({
    description: 'You are signed in.',
    headers: { 'Set-Cookie': { description: 'The cookie `hub_session`', schema: { type: 'string' } } },
  })
  start(@Req() request: ApiRequest, @Body() body: SignInDto, @Res({ passthrough: true }) reply: FastifyReply): void {
    const { token, lifeMs } = this.signIn.start(body.api_key, originOf(request), request.address);
    setSessionCookie(reply, token, Math.floor(lifeMs / 1000), request.protocol === 'https');
  }

  @Get()
  @Operation({
    id: 'getSession',
    summary: 'Get the session',
    description:
      'Who is signed in, what they may do, and until when. With `AUTH=off`, `auth` says so, and nobody needs to sign in.',
    permission: 'any',
  })
  @JsonResponse(200, SessionDto)
  get(@Req() { actor, sessionEndsAt }: ApiRequest): SessionDto {
    return toSessionDto(this.config.auth, actor, this.keys.findById(actor.id), sessionEndsAt);
  }

  @Delete()
  @HttpCode(204)
  @Operation({
    id: 'deleteSession',
    summary: 'Sign out',
    description:
      'Has the browser forget the cookie. Also works if nobody is signed in. To end all sessions of a key, revoke it.',
    permission: 'public',
  })
  @ApiErrors({ 403: ['CROSS_SITE_REQUEST'] })
  @ApiNoContentResponse({ description: 'Nobody is signed in.' })
  end(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    if (request.sessionEndsAt !== Infinity) this.signIn.end(callerOf(request));
    clearSessionCookie(reply);
  }
}
