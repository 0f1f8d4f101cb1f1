import type { DataSource, ValueTransformer } from 'typeorm';
import type { CredentialCipher } from './credential-cipher';
import { Secret } from './secret';

/**
 * The value transformer of an encrypted column: a `Secret` in the entity, sealed text in the table.
 *
 * Entities are declared before any cipher exists, so the declared transformer is only a marker.
 * `bindCipher` replaces it in the metadata of one data source, which keeps the key out of global state.
 */
export class EncryptedColumn implements ValueTransformer {
  constructor(
    /** The purpose that is authenticated with the sealed text: `table.column`. */
    private readonly purpose: string,
    private readonly cipher?: CredentialCipher,
  ) {}

  boundTo(cipher: CredentialCipher): EncryptedColumn {
    return new EncryptedColumn(this.purpose, cipher);
  }

  to(value: unknown): unknown {
    if (value instanceof Secret)
      return this.boundCipher().seal(value.reveal(), this.purpose, this.bindingOf(value.binding));
    if (typeof value === 'string')
      throw new Error(`${this.purpose} takes a Secret: plain text would be stored unencrypted`);
    return value;
  }

  /** Does not throw for a text that cannot be opened; `Secret.reveal` does. */
  from(value: unknown): unknown {
    if (typeof value !== 'string') return value;
    const cipher = this.boundCipher();
    return Secret.sealed((binding) => cipher.open(value, this.purpose, this.bindingOf(binding)));
  }

  private bindingOf(binding: string | undefined): string {
    if (binding === undefined) throw new Error(`a Secret of ${this.purpose} needs the binding of its row`);
    return binding;
  }

  private boundCipher(): CredentialCipher {
    if (!this.cipher) throw new Error(`the encrypted column ${this.purpose} is not bound to a cipher`);
    return this.cipher;
  }
}

/** Binds every encrypted column of an initialised data source to the cipher. */
export function bindCipher(dataSource: DataSource, cipher: CredentialCipher): void {
  for (const column of dataSource.entityMetadatas.flatMap((entity) => entity.columns)) {
    if (column.transformer instanceof EncryptedColumn) column.transformer = column.transformer.boundTo(cipher);
  }
}
