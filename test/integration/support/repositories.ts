import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const SRC = join(__dirname, '../../../src');

/** A class, as far as needed to find its methods. */
export interface Class {
  readonly name: string;
  readonly prototype: object;
}

/** The exports of all `*.repository.ts` files. */
export async function findRepositories(): Promise<{ classes: Class[]; functions: unknown[] }> {
  const files = readdirSync(SRC, { encoding: 'utf8', recursive: true }).filter((path) =>
    path.endsWith('.repository.ts'),
  );
  const modules = await Promise.all(files.map((path) => import(join(SRC, path)) as Promise<object>));
  const exported = modules.flatMap((module) => Object.values(module) as unknown[]);
  return {
    classes: exported.filter(isClass),
    functions: exported.filter((each) => typeof each === 'function' && !isClass(each)),
  };
}

/** Records the calls of every method of a class, and lets them through. */
export class MethodCalls {
  private readonly spies: ReadonlyMap<string, jest.SpyInstance>;

  constructor({ name, prototype }: Class) {
    const isMethod = ([name, { value }]: [string, PropertyDescriptor]) =>
      name !== 'constructor' && typeof value === 'function';
    const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(isMethod)
      .map(([name]) => name);
    const methodsOf = prototype as Record<string, () => unknown>;
    this.spies = new Map(methods.map((method) => [`${name}.${method}`, jest.spyOn(methodsOf, method)]));
  }

  /** Methods that were never called, with the name of their class. */
  get missing(): string[] {
    return [...this.spies].filter(([, spy]) => spy.mock.calls.length === 0).map(([method]) => method);
  }
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
