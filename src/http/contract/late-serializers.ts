import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { Serializer, SerializerFactory } from '@fastify/fast-json-stringify-compiler';

/**
 * For Fastify's `buildSerializer`: compiles the serializer of a route for its first answer. Most of a hundred schemas are not needed before
 * the service is ready, and some never.
 */
export function buildSerializersLate(): SerializerFactory {
  const buildSerializers = SerializerSelector();
  return (schemas, options) => {
    const compile = buildSerializers(schemas, options);
    return (route) => {
      let serialize: Serializer | null = null;
      return (answer) => (serialize ??= compile(route))(answer);
    };
  };
}
