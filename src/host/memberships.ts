// Owns which groups accounts are in and which accounts share a number: asked of every service of the name service switch
// on the live host (nsswitch.conf(5)), of the files of an alternate root. Changes nothing.
import { readFileSync } from 'node:fs';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader, Membership, Numbered } from '../port/host.ts';
import { groupsFromFiles, membershipsInFiles, plainLines } from './account-files.ts';
import { readInRoot } from './accounts.ts';
import { isUnknownToSystemd, onlyFilesKnow } from './name-services.ts';
import { run } from './process.ts';

type Database = 'passwd' | 'group';

/** Services that give all their accounts at once; others are asked for each number: a directory may have a million. */
const LISTED = new Set(['files', 'extrausers', 'altfiles', 'db']);

export function openMemberships(root: string): Pick<HostReader, 'memberships' | 'accountsNumbered'> {
  return root === '/' ? ofTheSwitch() : ofFiles(root);
}

function ofTheSwitch(): Pick<HostReader, 'memberships' | 'accountsNumbered'> {
  return {
    memberships(users) {
      if (users.length === 0) return new Map();
      const all = initgroups(null, users);
      const inFiles = initgroups('files', users);
      const gids = [...new Set([...all.values()].flat())];
      const names = new Map<number, string>();
      for (const { name, id } of gids.length === 0 ? [] : lookUp(null, 'group', gids).flatMap(accountOf))
        if (!names.has(id)) names.set(id, name);
      const elsewhere = keptElsewhere(
        users.filter((user) => all.get(user)?.some((gid) => !inFiles.get(user)?.includes(gid))),
      );
      const kept = (user: string, gid: number): string | null => {
        if (inFiles.get(user)?.includes(gid)) return null;
        return elsewhere.find(({ groups }) => groups.get(user)?.includes(gid))?.service ?? 'another service';
      };
      return new Map(
        users.map((user): readonly [string, readonly Membership[]] => [
          user,
          (all.get(user) ?? []).map((gid) => ({
            name: names.get(gid) ?? `${gid}`,
            gid,
            kept: kept(user, gid),
          })),
        ]),
      );
    },
    accountsNumbered(uids, gids) {
      const questions = [
        ...questionsAbout('passwd', uids.map(String)),
        ...questionsAbout('group', gids.map(String)),
      ];
      const answers = getents(questions);
      const among = (database: Database, ids: readonly number[]) =>
        having(
          ids,
          questions.flatMap((question, i) => {
            if (question.database !== database) return [];
            const kept = question.service === 'files' ? null : question.service;
            return linesIn(answers[i] ?? '')
              .flatMap(accountOf)
              .map((account) => ({ ...account, kept }));
          }),
        );
      return { users: among('passwd', uids), groups: among('group', gids) };
    },
  };
}

/** To each service that the database has: for these numbers, or for all that the service lists. */
function questionsAbout(database: Database, ids: readonly string[]): readonly Question[] {
  if (ids.length === 0) return [];
  return serviceNames(database).map((service) => ({
    service,
    database,
    keys: LISTED.has(service) ? [] : ids,
  }));
}

function keptElsewhere(
  users: readonly string[],
): readonly { readonly service: string; readonly groups: ReturnType<typeof initgroups> }[] {
  if (users.length === 0) return [];
  const services = new Set([...serviceNames('initgroups'), ...serviceNames('group')]);
  services.delete('files');
  return [...services].map((service) => ({ service, groups: initgroups(service, users) }));
}

function ofFiles(root: string): Pick<HostReader, 'memberships' | 'accountsNumbered'> {
  const linesOf = (file: 'passwd' | 'group') => linesIn(readInRoot(root, `etc/${file}`));
  return {
    memberships(users) {
      const found = new Map<string, Membership[]>(users.map((user) => [user, []]));
      for (const line of linesOf('group'))
        for (const { name, id } of accountOf(line))
          for (const member of new Set(line.split(':')[3]?.split(',')))
            found.get(member)?.push({ name, gid: id, kept: null });
      return found;
    },
    accountsNumbered(uids, gids) {
      const among = (file: 'passwd' | 'group', ids: readonly number[]) =>
        having(
          ids,
          linesOf(file)
            .flatMap(accountOf)
            .map((account) => ({ ...account, kept: null })),
        );
      return { users: among('passwd', uids), groups: among('group', gids) };
    },
  };
}

function having(ids: readonly number[], accounts: readonly Numbered[]): readonly Numbered[] {
  const wanted = new Set(ids);
  const seen = new Set<string>();
  return accounts.filter(({ name, id }) => {
    const key = `${id}:${name}`;
    return wanted.has(id) && !seen.has(key) && seen.add(key);
  });
}

/** In the order in which they are asked, `files` first: that is asked also where the line does not name it. */
function serviceNames(database: 'passwd' | 'group' | 'initgroups'): readonly string[] {
  const line = linesIn(readOrNothing('/etc/nsswitch.conf')).find((one) => one.startsWith(`${database}:`));
  const words = (line ?? '')
    .slice(database.length + 1)
    .replace(/#.*|\[[^\]]*\]/g, ' ')
    .split(/\s+/);
  return ['files', ...words.filter((word) => word !== '' && word !== 'files' && word !== 'compat')];
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^[^#+-]/.test(line));
}

/** No keys: all that the service lists. */
function lookUp(service: string | null, database: Database, keys: readonly number[]): readonly string[] {
  return linesIn(getent(service, database, keys.map(String)));
}

/** `getent initgroups` answers with a line for each user: name, then numbers. */
function initgroups(
  service: string | null,
  users: readonly string[],
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    linesIn(getent(service, 'initgroups', users)).map((line) => {
      const [user = '', ...gids] = line.trim().split(/\s+/);
      return [user, gids.map(Number)];
    }),
  );
}

interface Question {
  /** null: all services of the database, in their order. */
  readonly service: string | null;
  readonly database: Database | 'initgroups';
  readonly keys: readonly string[];
}

/** 1: it knows no such database; 2: something was not found; 3: it lists nothing. */
const MOST_OF_ANSWERS = 3;

function getent(service: string | null, database: Question['database'], keys: readonly string[]): string {
  const [answer = ''] = getents([{ service, database, keys }]);
  return answer;
}

/** Between two answers stands a line that no account has. One shell asks them all: to start a program takes this process longer than it takes a shell. */
function getents(questions: readonly Question[]): readonly string[] {
  const known = questions.map(withoutAsking);
  const commands = questions
    .filter((_, i) => known[i] === null)
    .map(({ service, database, keys }) =>
      ['getent', ...(service === null ? [] : ['-s', service]), database, '--', ...keys]
        .map(shellWord)
        .join(' '),
    );
  const script = commands
    .map((command) => `${command} || [ $? -le ${MOST_OF_ANSWERS} ] || exit; echo =`)
    .join('\n');
  const told = commands.length === 0 ? [] : run(['sh', '-c', script]).split(/^=\n/m);
  let next = 0;
  return known.map((answer) => answer ?? told[next++] ?? '');
}

/** What getent answers, where the files tell; null: it has to be asked. */
function withoutAsking({ service, database, keys }: Question): string | null {
  if (service === 'systemd') return keys.length > 0 && isUnknownToSystemd(database, keys) ? '' : null;
  if (database === 'initgroups') {
    const isInFiles = service === 'files' || (service === null && onlyFilesKnow(database, keys));
    const groups = isInFiles ? membershipsInFiles(keys) : null;
    return groups === null ? null : [...groups].map((line) => line.flat().join(' ')).join('\n');
  }
  if (service === 'files') return keys.length === 0 ? (plainLines(database)?.join('\n') ?? null) : null;
  if (service !== null || database !== 'group') return null;
  const found = groupsFromFiles(keys);
  return found.size === new Set(keys).size ? [...found.values()].join('\n') : null;
}

/** Name and number of a line of passwd or group; none where it has no number that the kernel takes for one. */
function accountOf(line: string): readonly { readonly name: string; readonly id: number }[] {
  const [name = '', , number = ''] = line.split(':');
  const id = /^\d+$/.test(number) ? Number(number) : NO_ID;
  return name === '' || id >= NO_ID ? [] : [{ name, id }];
}

/** (uid_t)-1 */
const NO_ID = 0xffffffff;
