// Owns reading the flags by which a disk may be formatted.
import type { FlagsOf } from '../catalogue/commands.ts';
import type { Consents } from '../storage/consents.ts';

export function consentsIn({
  confirm,
  backup,
  noBackup,
}: Pick<FlagsOf<'storage'>, 'confirm' | 'backup' | 'noBackup'>): Consents {
  return { confirmed: confirm ?? null, backup: backup ?? null, noBackup: noBackup ?? null };
}
