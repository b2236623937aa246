// Owns what an operator agrees to on the command line before a disk is formatted, besides what the layout says.

export interface Consents {
  /** Serial number of the disk that may be formatted: --confirm. null: none. */
  readonly confirmed: string | null;
  /** A file that takes all that is on it first: --backup. */
  readonly backup: string | null;
  /** Serial number of the disk whose data may go without: --no-backup. */
  readonly noBackup: string | null;
}

export const NO_CONSENTS: Consents = { confirmed: null, backup: null, noBackup: null };

/** As they are typed again. */
export function consentWords({ confirmed, backup, noBackup }: Consents): readonly string[] {
  return [
    ...(confirmed === null ? [] : ['--confirm', confirmed]),
    ...(backup === null ? [] : ['--backup', backup]),
    ...(noBackup === null ? [] : ['--no-backup', noBackup]),
  ];
}
