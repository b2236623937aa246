// What may be cleaned away of backup staging, and when.
import type { Rule } from '../../layout/rule.ts';

const DAY_SECONDS = 86_400;

/** What was cut short is no backup: it must not stand for the newest one. */
const shared = { service: 'backup', pattern: '*', except: '*.tmp', keep: 1, thing: 'entry' } as const;

export const clean: readonly Rule[] = [
  { ...shared, name: 'staging', directory: 'staging', olderSeconds: 7 * DAY_SECONDS },
  { ...shared, name: 'snapshots', directory: 'snapshots', olderSeconds: 30 * DAY_SECONDS },
];
