import 'reflect-metadata';
import { AuditRecord } from '../audit/audit-record.entity';
import { AuditRepository } from '../audit/audit.repository';
import { commandActor } from '../common/actor';
import { loadConfig } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { withDataSource } from '../schema/data-source';
import { resealPasswords } from '../gateways/gateway-passwords.repository';
import { print, printProblem, runCommand } from './run-command';
import { withDatabaseUrl } from './with-database-url';

const ACTOR = commandActor('keys:rotate');

runCommand(() =>
  withDatabaseUrl(loadConfig(), async (config) => {
    const cipher = createCipher(config, printProblem);
    const { resealed, unreadable } = await withDataSource(config, cipher, async (dataSource) => {
      const audit = new AuditRepository(dataSource.getRepository(AuditRecord));
      const changes = { key: [null, cipher.keyId] } as const;
      await audit.store([{ actor: ACTOR, action: 'command.keys_rotate', organizationId: null, changes }]);
      return resealPasswords(ACTOR, dataSource, cipher);
    });

    print(`Re-encrypted ${resealed} passwords with key ${cipher.keyId}.`);
    if (unreadable.length === 0) {
      print('Every password is encrypted with it now; ENCRYPTION_PREVIOUS_KEYS can be removed.');
      return 0;
    }
    print(
      `${unreadable.length} cannot be decrypted: no configured key fits, or they belong to another row or origin. ` +
        'Add the key, or send their passwords again:',
    );
    unreadable.forEach((id) => print(`  gateway ${id}`));
    return 1;
  }),
);
