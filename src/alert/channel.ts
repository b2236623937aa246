// Owns what a channel is to the rest: something that takes a message or says why not. Loads only the one that is needed.
import { checkSecret, readSecretFile, type SecretText } from '../host/secret-file.ts';
import type { Owners } from '../host/trusted-way.ts';
import type { Channel, Secret } from '../monitoring.ts';
import type { Message } from './event.ts';

export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One line, without secrets. */
      readonly error: string;
      /** Worth another attempt in this run. The next run tries in any case. */
      readonly again: boolean;
      /** The receiver asks for this much patience; null: it does not say. */
      readonly waitMs: number | null;
    };

export interface Attempt {
  readonly timeoutMs: number;
  /** The run is to stop. */
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

export async function openChannel(channel: Channel): Promise<Send> {
  switch (channel.type) {
    case 'journal':
      return (await import('./system-log.ts')).toSystemLog();
    case 'command':
      return (await import('./command.ts')).toCommand(channel);
    case 'webhook':
      return (await import('./webhook.ts')).toWebhook(channel);
    case 'mail':
      return (await import('./mail.ts')).toMail(channel);
    default:
      return channel satisfies never;
  }
}

export function failed(error: string, more: { again?: boolean; waitMs?: number | null } = {}): Outcome {
  return { ok: false, error, again: more.again ?? true, waitMs: more.waitMs ?? null };
}

/** Looks anew each time: a secret may be replaced while a run waits. */
export function secretReader({
  environment,
  owners,
}: {
  readonly environment: (name: string) => string | undefined;
  readonly owners: Owners;
}): (secret: Secret) => SecretText {
  return (secret) =>
    'file' in secret
      ? readSecretFile(secret.file, owners)
      : checkSecret(environment(secret.environment) ?? '');
}

/** Where it is kept, for messages. */
export function secretPlace(secret: Secret): string {
  return 'file' in secret ? secret.file : `the environment's ${secret.environment}`;
}
