import type { Adoption } from './adopt';

/** Describes an adoption for the terminal, without secrets. */
export function describeAdoption(adoption: Adoption): string {
  const { isDryRun, rows, dropped, migrations, sealedPasswords, keyId } = adoption;
  const attention = attentionLines(adoption);
  return [
    isDryRun
      ? 'Dry run: nothing was changed. Without --dry-run, this would happen:'
      : 'The database of the earlier version was taken over:',
    ...rows.map(({ table, total, deleted }) => {
      const added = adoption.addedColumns.get(table) ?? [];
      const columns = added.length === 0 ? '' : `; new columns: ${added.join(', ')}`;
      return `  ${table}: ${total - deleted} not deleted, ${deleted} deleted${columns}`;
    }),
    '  Indexes, constraints and triggers of these tables were replaced.',
    ...(dropped.length === 0 ? [] : [`  Dropped: ${dropped.join(', ')}`]),
    `  Migrations that ran: ${migrations.join(', ')}.`,
    `  Passwords re-encrypted with key ${keyId}: ${sealedPasswords}.`,
    'The service connects to every gateway that is not deleted when it starts.',
    ...(attention.length === 0 ? [] : ['Needs attention:', ...attention]),
  ].join('\n');
}

function attentionLines({ deletedWithParents, unreadable, sharedLogins }: Adoption): string[] {
  return [
    ...deletedWithParents.factories.map((id) => `  factory ${id}: deleted, because its organization is deleted`),
    ...deletedWithParents.gateways.map((id) => `  gateway ${id}: deleted, because its factory is deleted`),
    ...unreadable.map((id) => `  gateway ${id}: its password is kept unreadable; send it again with PUT`),
    ...sharedLogins.map((id) => `  gateway ${id}: another gateway of its organization has the same url and email`),
  ];
}
