// Owns why an account of the layout is not there or not as wanted, as its directories tell: they still have its number, and
// an account that gets it back owns its data again.
import { servicePath } from '../layout/layout.ts';
import { accountProgram } from '../port/account.ts';
import type { DirectoryWant } from '../resources/directory.ts';
import { freeNumbers } from './accounts.ts';
import type { Explanation, Found } from './explanation.ts';

/** The numbers of the first directory that was given to it. */
function numbersOf({ ground, wants }: Found, is: (want: DirectoryWant) => boolean) {
  for (const want of wants) {
    const entry = is(want) ? ground.look(want.path) : null;
    if (entry?.type === 'directory') return entry;
  }
  return null;
}

export function explainGroup(found: Found, name: string): Explanation {
  const { ground, names } = found;
  const { host, layout } = ground;
  const gid = numbersOf(found, ({ owner }) => owner.group === name)?.gid ?? 0;
  if (gid === 0) return {};
  const owner = names.groupOf(gid);
  if (owner === null)
    return {
      found: `missing; its directories have gid ${gid}`,
      fix: `sudo ${accountProgram('groupadd', host.root)} --system --gid ${gid} ${name}`,
    };
  const isOurs = layout.services.some(({ group }) => group === owner);
  const members = host.groups([owner]).get(owner)?.members ?? [];
  if (isOurs || members.length > 0) return {};
  return {
    found: `missing; the gid of its directories, ${gid}, is that of group ${owner}`,
    fix: `sudo ${accountProgram('groupmod', host.root)} --new-name ${name} ${owner}`,
    hint: `only if ${owner} is no group of its own, but ${name} under another name: getent group ${owner}`,
  };
}

export function explainUser(found: Found, name: string): Explanation {
  const { ground, names } = found;
  const { host, layout } = ground;
  const service = layout.services.find(({ user }) => user === name);
  const uid = numbersOf(found, ({ owner }) => owner.user === name)?.uid ?? 0;
  if (service === undefined || uid === 0) return {};
  const user = host.users([name]).get(name);
  const owner = names.userOf(uid);
  if (user !== undefined) {
    if (user.uid !== 0) return {};
    return owner === null
      ? { hint: `give it back the uid of its directories, ${uid}, in /etc/passwd: sudo vipw` }
      : {};
  }
  const causes = [`group.${service.group}`];
  if (owner === null)
    return {
      found: `missing; its directories have uid ${uid}`,
      fix: [
        `sudo ${accountProgram('useradd', host.root)} --system --uid ${uid} --gid ${service.group}`,
        `--home-dir ${servicePath(layout, service)} --no-create-home --shell /bin/false ${name}`,
      ].join(' '),
      causes,
    };
  if (layout.services.some((other) => other.user === owner)) return { causes };
  return {
    found: `missing; the uid of its directories, ${uid}, is that of ${owner}`,
    fix: `sudo ${accountProgram('usermod', host.root)} --uid ${freeNumbers(host, 'users')[0]} ${owner}`,
    hint: `${name} can then be made with its number: sudo jts-hot validate`,
    causes,
  };
}
