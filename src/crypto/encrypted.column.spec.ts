import { randomBytes } from 'node:crypto';
import { CredentialCipher, CredentialsUnreadableError } from './credential-cipher';
import { bindCipher, EncryptedColumn } from './encrypted.column';
import { Secret } from './secret';

const purpose = 'gateways.password';
const binding = 'row 1.ws://10.0.0.7:80';
const cipher = new CredentialCipher(randomBytes(32));
const column = new EncryptedColumn(purpose).boundTo(cipher);

describe('EncryptedColumn', () => {
  it('CRYPTO-01: stores a secret sealed for its purpose and binding, and reads it as a secret', () => {
    const stored = column.to(Secret.of('hunter2').for(binding)) as string;
    expect(cipher.open(stored, purpose, binding)).toBe('hunter2');
    const read = column.from(stored) as Secret;
    expect(read).toBeInstanceOf(Secret);
    expect(read.for(binding).reveal()).toBe('hunter2');
    expect(() => read.for('row 2.ws://10.0.0.7:80').reveal()).toThrow(CredentialsUnreadableError);
  });

  it('SEC-25: neither stores nor opens a secret without a binding', () => {
    const message = 'a Secret of gateways.password needs the binding of its row';
    expect(() => column.to(Secret.of('hunter2'))).toThrow(message);
    const read = column.from(column.to(Secret.of('hunter2').for(binding))) as Secret;
    expect(() => read.reveal()).toThrow(message);
  });

  it('refuses to store a plain text', () => {
    expect(() => column.to('hunter2')).toThrow(
      'gateways.password takes a Secret: plain text would be stored unencrypted',
    );
  });

  it.each([null, undefined])('stores and reads %s as it is', (nothing) => {
    expect(column.to(nothing)).toBe(nothing);
    expect(column.from(nothing)).toBe(nothing);
  });

  it('reads a text that cannot be opened; only revealing it throws', () => {
    const read = column.from('not sealed') as Secret;
    expect(() => read.for(binding).reveal()).toThrow(CredentialsUnreadableError);
  });

  it('neither seals nor opens before it is bound to a cipher', () => {
    const unbound = new EncryptedColumn(purpose);
    const message = 'the encrypted column gateways.password is not bound to a cipher';
    expect(() => unbound.to(Secret.of('hunter2').for(binding))).toThrow(message);
    expect(() => unbound.from('v1.0.0')).toThrow(message);
  });
});

describe('bindCipher', () => {
  it('binds the encrypted columns of every entity, and leaves the others', () => {
    const other = { to: String, from: String };
    const columns = [new EncryptedColumn(purpose), other, undefined].map((transformer) => ({ transformer }));
    const entityMetadatas = [{ columns: columns.slice(0, 1) }, { columns: columns.slice(1) }];
    bindCipher({ entityMetadatas } as unknown as Parameters<typeof bindCipher>[0], cipher);

    expect(columns.map(({ transformer }) => transformer)).toEqual([column, other, undefined]);
  });
});
