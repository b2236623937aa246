// Owns what every channel gives back and is given: one attempt to deliver one message.
import type { Message } from '../../history/event.ts';
import type { SecretText } from '../../host/trusted/secret-file.ts';
import type { Owners } from '../../host/trusted/way.ts';
import type { Secret } from '../../layout/monitoring.ts';

export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One line, without secrets. */
      readonly error: string;
      /** Worth another attempt in this run. The next run tries in any case. */
      readonly again: boolean;
      /** The receiver asks to wait this long; null: it does not say. */
      readonly waitMs: number | null;
    };

export interface Attempt {
  readonly timeoutMs: number;
  /** The run must stop. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly readSecret: (secret: Secret) => SecretText;
  /** Whose programs are started. */
  readonly owners: Owners;
}

/** One attempt. Never throws; ends at the latest a second after `timeoutMs`. */
export type Send = (message: Message, attempt: Attempt) => Promise<Outcome>;

export const SENDMAIL = '/usr/sbin/sendmail';

export function failed(error: string, more: { again?: boolean; waitMs?: number | null } = {}): Outcome {
  return { ok: false, error, again: more.again ?? true, waitMs: more.waitMs ?? null };
}

/** Where it is kept, for messages. */
export function secretPlace(secret: Secret): string {
  return 'file' in secret ? secret.file : `the environment's ${secret.environment}`;
}
