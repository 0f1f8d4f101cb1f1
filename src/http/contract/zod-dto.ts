/** The one place that imports `nestjs-zod`, whose peer dependencies do not name this version of Nest yet. */
export { cleanupOpenApiDoc, createZodDto } from 'nestjs-zod';
export type { ZodDto } from 'nestjs-zod';
