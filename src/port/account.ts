// Owns what is true of accounts on any host: which shells let nobody in, and how the programs that change accounts are typed.
import { shellWord } from '../messages/typed-command.ts';
import type { User } from './host-reader.ts';

/** Shells that end a login at once. An empty shell field means /bin/sh (passwd(5)). */
const NO_LOGIN = new Set([
  '/bin/false',
  '/usr/bin/false',
  '/sbin/nologin',
  '/usr/sbin/nologin',
  '/bin/nologin',
  '/usr/bin/nologin',
]);

export function allowsLogin(user: User): boolean {
  return !NO_LOGIN.has(user.shell);
}

/** As it is typed to act on this host, and not on the one it is typed on. */
export function accountProgram(program: string, root: string): string {
  return root === '/' ? program : `${program} --prefix ${shellWord(root)}`;
}
