import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LoggerModule } from 'nestjs-pino';
import { z } from 'zod';
import { createZodDto } from '../../src/http/contract/zod-dto';
import { JsonResponse } from '../../src/http/contract/json-response';
import { internalError } from '../../src/http/errors/error-response';
import { HttpModule } from '../../src/http/http.module';

const part = z.object({ serial: z.string() }).meta({ id: 'Part' });

const boxSchema = z
  .object({
    name: z.string(),
    count: z.int().nullable(),
    part: part.nullable(),
    parts: z.array(part),
    metadata: z.record(z.string(), z.unknown() as z.ZodType<string | number | boolean | object | null>),
    by_kind: z.record(z.enum(['a', 'b']), z.int()).nullable(),
    tag: z.string().optional(),
  })
  .meta({ id: 'Box' });

class BoxDto extends createZodDto(boxSchema) {}

type Box = z.output<typeof boxSchema>;

const box: Box = {
  name: 'a "quoted" name\n',
  count: null,
  part: null,
  parts: [{ serial: '1' }],
  metadata: { deep: { list: [1, null, 'x', { y: true }] }, password: 'the user’s own word' },
  by_kind: { a: 1, b: 2 },
};
const secret = { password: 'correct horse' };

@Controller()
class BoxesController {
  @Get('whole')
  @JsonResponse(200, BoxDto)
  whole(): Box {
    return { ...box, part: { serial: '2' }, count: 0, by_kind: null, tag: 'x' };
  }

  @Get('leaky')
  @JsonResponse(200, BoxDto)
  leaky(): Box {
    return { ...box, ...secret, parts: [{ serial: '1', ...secret }] };
  }

  @Get('partial')
  @JsonResponse(200, BoxDto)
  partial(): Promise<Box> {
    return Promise.resolve({ name: 'no more than that' } as Box);
  }
}

@Module({
  imports: [LoggerModule.forRoot({ pinoHttp: { level: 'silent' }, forRoutes: [] }), HttpModule],
  controllers: [BoxesController],
})
class BoxesModule {}

describe('JsonResponse', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(BoxesModule, new FastifyAdapter(), { logger: false });
    await app.init();
  });
  afterAll(() => app.close());

  it('writes what the schema names, as JSON.stringify would', async () => {
    const { body, headers } = await app.inject('/whole');

    expect(JSON.parse(body)).toEqual({ ...box, part: { serial: '2' }, count: 0, by_kind: null, tag: 'x' });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('omits what the schema does not name, at any depth', async () => {
    const { body } = await app.inject('/leaky');

    expect(JSON.parse(body)).toEqual(box);
    expect(body).not.toContain('correct horse');
  });

  it('QUAL-05: answers 500, without any of the data, when a required field is missing', async () => {
    const { statusCode, body } = await app.inject('/partial');

    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toEqual(internalError);
  });
});
