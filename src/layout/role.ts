// Owns what a directory of a service is for: the five roles, and which one a name says. Pure.

export const ROLES = ['data', 'log', 'config', 'temporary', 'backup'] as const;
export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Names by which everybody calls such directories. */
const NAMES: readonly (readonly [Role, RegExp])[] = [
  ['log', /^logs?$/],
  ['config', /^(conf|config|etc)$/],
  ['temporary', /^(tmp|temp|temporary)$/],
  ['backup', /^(backups?|snapshots?)$/],
];

/** Of a directory of which nobody says its role. What nothing is known of is data: nothing is ever cleaned up there. */
export function roleNamed(name: string): Role {
  return NAMES.find(([, pattern]) => pattern.test(name))?.[0] ?? 'data';
}
