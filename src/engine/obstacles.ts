// Owns which failures concern one thing only and would happen again: that thing stays as it is, and the others are done.

export const OBSTACLES: ReadonlySet<string> = new Set([
  'E_ACCOUNT_IN_USE',
  'E_CHANGED',
  'E_CONTENT_GONE',
  'E_EXISTS',
  'E_FORBIDDEN',
  'E_HARD_LINKS',
  'E_IN_USE',
  'E_LEFT_ASIDE',
  'E_NOT_EMPTY',
  'E_NOT_THERE',
  'E_NO_SHADOW',
  'E_NO_SYSTEMD',
  'E_UNREACHABLE',
  'E_WAY_OPEN',
]);
