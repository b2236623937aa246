// Owns which system log this host has.
import { lstatSync, statSync } from 'node:fs';

export type LogSocket = 'journald' | 'syslog';

/** systemd-journald.service(8): native protocol; syslog(3). /dev/log is often a link. */
export function logSocket(): LogSocket | null {
  if (lstatSync('/run/systemd/journal/socket', { throwIfNoEntry: false })?.isSocket()) return 'journald';
  if (isSocket('/dev/log')) return 'syslog';
  return null;
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}
