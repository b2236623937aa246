// Owns the findings of an alert channel: its program or secrets could be changed by users who are not trusted. Starts
// nothing, and reads no secret.

import { findings } from '../host/trusted/finding.ts';
import { weaknessesOfCommand } from '../host/trusted/program.ts';
import { type Owners, weaknessesAt } from '../host/trusted/way.ts';
import type { Channel } from '../layout/monitoring.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import { SENDMAIL } from './channels/send.ts';

export function channelFindings(channel: Channel, owners: Owners): readonly Diagnostic[] {
  switch (channel.type) {
    case 'journal':
      return [];
    case 'command':
      return findings(weaknessesOfCommand(channel.argv, owners), {
        what: `alert command ${channel.name}`,
        path: channel.argv[0] ?? '',
        owners,
      });
    case 'webhook':
      return [channel.url, channel.token].flatMap((secret) =>
        secret !== null && typeof secret === 'object' && 'file' in secret
          ? findings(weaknessesAt(secret.file, owners), {
              what: `secret of ${channel.name}`,
              path: secret.file,
              owners,
            })
          : [],
      );
    case 'mail':
      return findings(weaknessesOfCommand([SENDMAIL], owners), {
        what: `program of ${channel.name}`,
        path: SENDMAIL,
        owners,
      });
    default:
      return channel satisfies never;
  }
}
