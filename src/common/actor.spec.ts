import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ANONYMOUS,
  by,
  commandActor,
  EVERYWHERE,
  MissingScopeError,
  reaches,
  requireScope,
  SCOPES,
  SYSTEM,
} from './actor';

const [ONE, OTHER] = ['5eed0000-0000-4000-8000-00000000000a', '5eed0000-0000-4000-8000-00000000000b'];

describe('reach', () => {
  it('SEC-09: covers one organization, or all', () => {
    expect(reaches({ organizationId: ONE }, ONE)).toBe(true);
    expect(reaches({ organizationId: ONE }, OTHER)).toBe(false);
    expect(reaches(EVERYWHERE, OTHER)).toBe(true);
  });

  /** Folders and files whose work concerns all organizations: sessions, the networks for their dials, metrics, and commands. `common` declares the constant. */
  const PLACES =
    /^(common\/actor|connections\/|status\/last-seen\.writer|cli\/|adoption\/|schema\/|organizations\/organization-networks|sensors\/within-reach\.sql|readings\/catch-up\/catch-up|acquisitions\/acquisition-(announcer|sender)|metrics\/f(actory-labels|leet-metrics)|replicas\/(fleet-runtime|followed-fleet|own-statuses))/;

  it('SEC-09: only sessions and commands see every organization', () => {
    const root = join(__dirname, '..');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.(spec|harness)\.ts$/.test(file),
    );
    const users = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('EVERYWHERE'));
    expect(users.filter((file) => !PLACES.test(file))).toEqual([]);
    expect(users.length).toBeGreaterThan(1);
  });
});

describe('scopes', () => {
  it.each([SYSTEM, ANONYMOUS, commandActor('db:seed')])('SEC-07: $name has every scope', (actor) => {
    for (const scope of SCOPES) expect(() => requireScope(actor, scope)).not.toThrow();
  });

  it('SEC-07: an actor without the scope is refused, and told which it needs', () => {
    const viewer = { ...ANONYMOUS, scopes: new Set(['gateways:read' as const]) };
    expect(() => requireScope(viewer, 'gateways:read')).not.toThrow();
    expect(() => requireScope(viewer, 'gateways:write')).toThrow(MissingScopeError);
    expect(new MissingScopeError('gateways:write')).toMatchObject({
      code: 'FORBIDDEN',
      detailCode: 'missing_scope',
      field: 'scope',
      message: 'needs gateways:write',
    });
  });
});

describe('by', () => {
  it('names the actor in a log line', () => {
    expect(by(commandActor('keys:rotate'))).toEqual({
      actor: 'keys:rotate',
      actorKind: 'command',
      actorId: 'keys:rotate',
    });
  });
});
