// Owns why an account of the layout is not there or not as wanted, as its directories tell: they still have its number, and
// an account that gets it back owns its data again.
import { servicePath } from '../layout/layout.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import { accountProgram } from '../port/account.ts';
import { PARTED_HOME } from '../port/host.ts';
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
  const users = usersOf(found, name);
  if (owner === null)
    return {
      found: `missing; its directories have gid ${gid}`,
      fix: asRoot([`${accountProgram('groupadd', host.root)} --system --gid ${gid} ${name}`, ...users]),
    };
  const isOurs = layout.services.some(({ group }) => group === owner);
  const members = host.groups([owner]).get(owner)?.members ?? [];
  if (isOurs || members.length > 0) return {};
  return {
    found: `missing; the gid of its directories, ${gid}, is that of group ${owner}`,
    fix: asRoot([`${accountProgram('groupmod', host.root)} --new-name ${name} ${owner}`, ...users]),
    hint: `only if ${owner} is no group of its own, but ${name} under another name: getent group ${owner}`,
  };
}

/** What makes the users again that are gone with their group: they can be made only after it, and in the same command. */
function usersOf(found: Found, group: string): readonly string[] {
  const { layout } = found.ground;
  const ours = layout.services.filter((service) => service.group === group).map(({ user }) => user);
  return [...new Set(ours)].flatMap((user) => explainedUser(found, user)?.commands ?? []);
}

export function explainUser(found: Found, name: string): Explanation {
  const explained = explainedUser(found, name);
  if (explained === null) return {};
  const { commands, ...rest } = explained;
  return { ...rest, fix: commands.length === 0 ? null : asRoot(commands) };
}

type ExplainedUser = Omit<Explanation, 'fix'> & { readonly commands: readonly string[] };

/** It stands in the file, and is not found all the same; null: it does not. */
function whyUnseen({ ground: { host, layout } }: Found, name: string): ExplainedUser | null {
  const isThere = host.entry('/etc/passwd').type === 'file';
  const lines = isThere ? (host.text('/etc/passwd')?.split('\n') ?? []) : [];
  const lineOf = (user: string) => lines.find((one) => one.startsWith(`${user}:`));
  const line = lineOf(name);
  if (line === undefined) return null;
  if (!/^[^:]*:[^:]*:\d+:\d+:[^:]*:[^:]*:[^:]*$/.test(line))
    return {
      found: `in /etc/passwd, with a line that cannot be read: ${JSON.stringify(line)}`,
      commands: [],
      hint: 'put its line right: sudo vipw',
    };
  // All of them are not found for one reason.
  const first = layout.services.find(
    ({ user }) => lineOf(user) !== undefined && !host.users([user]).has(user),
  );
  return {
    found: 'in /etc/passwd, and not found by the name services',
    commands: [],
    hint: 'see that the line of passwd in /etc/nsswitch.conf begins with: files',
    causes: first === undefined || first.user === name ? [] : [`user.${first.user}`],
  };
}

/** null: as its kind says. */
function explainedUser(found: Found, name: string): ExplainedUser | null {
  const { ground, names } = found;
  const { host, layout } = ground;
  const service = layout.services.find(({ user }) => user === name);
  const uid = numbersOf(found, ({ owner }) => owner.user === name)?.uid ?? 0;
  if (service === undefined || uid === 0) return null;
  const user = host.users([name]).get(name);
  const owner = names.userOf(uid);
  const home = servicePath(layout, service);
  if (user?.home === PARTED_HOME && user.uid === uid)
    return {
      found: `its deletion was cut short; its directories are there, and have its uid ${uid}`,
      commands: [
        `${accountProgram('usermod', host.root)} --gid ${service.group} --home ${shellWord(home)} ${name}`,
      ],
      hint: 'that keeps it; to finish the deletion: sudo jts-hot rollback',
      causes: [`group.${service.group}`],
    };
  if (user !== undefined) {
    if (user.uid !== 0 || owner !== null) return null;
    // usermod refuses: as root it always has processes.
    const isInFile = host
      .accountsNumbered([0], [])
      .users.some((one) => one.name === name && one.kept === null);
    const file = shellWord(`${host.root === '/' ? '' : host.root}/etc/passwd`);
    return {
      found: `uid 0, which is root; its directories have uid ${uid}`,
      commands: isInFile ? [`sed -i 's/^${name}:\\([^:]*\\):0:/${name}:\\1:${uid}:/' ${file}`] : [],
      hint: isInFile
        ? 'find out who made it root, and what it has done since'
        : `give it back uid ${uid}, that of its directories, where it is kept (see /etc/nsswitch.conf)`,
    };
  }
  const unseen = whyUnseen(found, name);
  if (unseen !== null) return unseen;
  const causes = [`group.${service.group}`];
  const made = [
    `${accountProgram('useradd', host.root)} --system --uid ${uid} --gid ${service.group}`,
    `--home-dir ${shellWord(home)} --no-create-home --shell /bin/false ${name}`,
  ].join(' ');
  if (owner === null) return { found: `missing; its directories have uid ${uid}`, commands: [made], causes };
  if (layout.services.some((other) => other.user === owner)) return null;
  return {
    found: `missing; the uid of its directories, ${uid}, is that of ${owner}`,
    commands: [
      `${accountProgram('usermod', host.root)} --uid ${freeNumbers(host, 'users')[0]} ${owner}`,
      made,
    ],
    hint: `see first what ${owner} is: getent passwd ${owner}; it gets another uid`,
    causes,
  };
}
