// Owns a channel as the rest sees it: it takes a message or says why not. Loads only the one that is needed.

import { checkSecret, readSecretFile, type SecretText } from '../../host/trusted/secret-file.ts';
import type { Owners } from '../../host/trusted/way.ts';
import type { Channel, Secret } from '../../layout/monitoring.ts';
import type { Send } from './send.ts';

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
