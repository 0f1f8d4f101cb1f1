import type { ZodType } from 'zod';
import { toDetails } from '../http/contract/validation';
import { UpdateFactoryDto } from '../factories/factory.dto';
import { UpdateGatewayDto } from '../gateways/gateway.dto';
import { CreateOrganizationDto } from '../organizations/organization.dto';

interface EarlierRow {
  readonly id: string;
  readonly metadata: unknown;
  readonly isDeleted: boolean;
}

export interface EarlierOrganization extends EarlierRow {
  readonly name: string;
}

export interface EarlierFactory extends EarlierRow {
  readonly name: string;
  readonly location: string | null;
  readonly timezone: string;
}

export interface EarlierGateway extends EarlierRow {
  readonly organizationId: string;
  readonly gateway_id: string;
  readonly name: string;
  readonly url: string;
  readonly email: string;
  readonly model: string | null;
  readonly firmware_version: string | null;
  readonly sealed: string;
}

export interface EarlierRows {
  readonly organizations: readonly EarlierOrganization[];
  readonly factories: readonly EarlierFactory[];
  readonly gateways: readonly EarlierGateway[];
}

/**
 * Checks living rows with the rules of the API, so that each can be edited after the adoption. Returns one line for each problem, with
 * the row, the field and what is expected; never a password.
 * @param passwords of gateways by id; those that cannot be opened are absent
 */
export function rowProblems(rows: EarlierRows, passwords: ReadonlyMap<string, string>): string[] {
  return [
    ...rows.organizations.flatMap((row) => {
      const { name, metadata } = row;
      return problemsOf('organization', row, CreateOrganizationDto.schema, { name, metadata });
    }),
    ...rows.factories.flatMap((row) => {
      const { name, location, timezone, metadata } = row;
      return problemsOf('factory', row, UpdateFactoryDto.schema, { name, location, timezone, metadata });
    }),
    ...rows.gateways.flatMap((row) => {
      const { gateway_id, name, url, email, model, firmware_version, metadata } = row;
      const password = passwords.get(row.id);
      const fields = { gateway_id, name, url, email, model, firmware_version, metadata };
      return problemsOf('gateway', row, UpdateGatewayDto.schema, {
        ...fields,
        ...(password !== undefined && { password }),
      });
    }),
  ];
}

function problemsOf(kind: string, row: EarlierRow, schema: ZodType, fields: object): string[] {
  const { error } = row.isDeleted ? { error: undefined } : schema.safeParse(fields);
  return error ? toDetails(error).map(({ path, message }) => `${kind} ${row.id}: ${path}: ${message}`) : [];
}

/** Living gateways that share URL and e-mail with another gateway of their organization, which the API allows only on request. */
export function findSharedLogins({ gateways }: EarlierRows): string[] {
  const byLogin = new Map<string, string[]>();
  for (const { id, organizationId, url, email, isDeleted } of gateways) {
    if (isDeleted) continue;
    const login = JSON.stringify([organizationId, url, email.toLowerCase()]);
    byLogin.set(login, [...(byLogin.get(login) ?? []), id]);
  }
  return [...byLogin.values()].filter((ids) => ids.length > 1).flat();
}
