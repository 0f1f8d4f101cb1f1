import { DefaultNamingStrategy } from 'typeorm';

/** `createdAt` → `created_at`, and readable constraint names: `pk_gateways`, `fk_gateways_factory_id`. */
export class NamingStrategy extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return snakeCase(`${relationName}_${referencedColumnName}`);
  }

  override primaryKeyName(table: unknown): string {
    return `pk_${this.getTableName(table as string)}`;
  }

  override foreignKeyName(table: unknown, columnNames: string[]): string {
    return `fk_${this.getTableName(table as string)}_${columnNames.join('_')}`;
  }
}

function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
