// Owns what comes of asking how one service's logs are to be rotated.
import type { Files } from '../configure/install-plan.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { InstalledLogs } from './logs-document.ts';

/** `already`: they are, as somebody else has decided. `left`: why they cannot be. */
export type Ways = Rotating | { readonly left: Diagnostic } | 'already';

/** What has them rotated. */
export interface Rotating {
  readonly files: Files;
  readonly about: Pick<InstalledLogs, 'rotation' | 'restart' | 'notes'>;
}
