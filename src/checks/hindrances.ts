// Owns what stands in the way at the layout's own directories beside owner and mode: access control lists, immutable and
// append-only flags. Told only where there is one: it is the cause of what fails there.
import { asRoot, shellWord } from '../messages/typed-command.ts';
import { type AccessLists, letsIn, parseList } from '../port/access-lists.ts';
import { desiredDirectories, directoryAddress } from '../resources/directory.ts';
import { permissionText } from '../values/mode.ts';
import type { Draft } from './follow.ts';
import type { Ground } from './ground.ts';
import { nameNumbers } from './numbers.ts';

const FLAG_LETTERS = { immutable: 'i', 'append-only': 'a' } as const;

/** One look at each directory, whatever is in it. */
export function checkHindrances(ground: Ground, isRight: (checkId: string) => boolean): readonly Draft[] {
  const { layout, host, look, tenants } = ground;
  const identities = [...tenants.values()].map(({ identity }) => identity).filter(({ uid }) => uid !== 0);
  const services = { uids: identities.map(({ uid }) => uid), gids: identities.map(({ gid }) => gid) };
  const drafts = desiredDirectories(layout).flatMap(({ path, checkId, service, place }): readonly Draft[] => {
    const entry = look(path);
    if (entry.type !== 'directory') return [];
    const { flags, lists } = host.attributes(path);
    const about = {
      at: directoryAddress(path),
      service,
      status: 'fail',
      belowBase: place !== 'above',
      causes: [],
    } as const;
    const id = (kind: string) => checkId.replace('directory.', `${kind}.`);
    const flagged: Draft = {
      ...about,
      id: id('flag'),
      severity: 'error',
      expected: 'nothing that keeps it from being changed',
      found: flags.join(', '),
      hint: 'ask who set it, and why',
    };
    const letting = letsIn(lists, entry, services);
    const isWrong = lists.access !== null && !isRight(checkId);
    const listed: Draft = {
      ...about,
      id: id('acl'),
      // A reader let in by name may be meant: a backup, a monitor.
      severity: isWrong || letting?.grave === true ? 'error' : 'warning',
      expected: 'nobody let in but by owner, group and mode',
      found: `an access control list: ${describe(ground, lists)}`,
      hint: null,
    };
    return [...(flags.length > 0 ? [flagged] : []), ...(letting !== null || isWrong ? [listed] : [])];
  });
  return mended(ground, drafts, isRight);
}

/** `acl./data/jts`: repair leaves what is above the base alone. */
function isAbove({ belowBase }: Draft): boolean {
  return belowBase === false;
}

/** `acl.kafka/data`, and not `acl.kafka` or `acl./data`. */
function isPart(id: string): boolean {
  return /^\w+\.[^/]+\//.test(id);
}

/**
 * What is wrong in the same way at several directories of a service is mended by one command, and told once. Where one of them
 * lies in a directory that the service can write, none on its path: it may have been swapped by then. Repair goes by
 * descriptors. So it does where owner or mode are wrong as well, which are then mended with it.
 */
function mended(
  { layout }: Ground,
  drafts: readonly Draft[],
  isRight: (checkId: string) => boolean,
): readonly Draft[] {
  const kindOf = ({ id }: Draft) => id.slice(0, id.indexOf('.')) as 'acl' | 'flag';
  const like = (draft: Draft) => `${kindOf(draft)} ${draft.service} ${draft.severity}`;
  const groups = Map.groupBy(drafts, like);
  const isWrongBeside = ({ id }: Draft) => !isRight(id.replace(/^\w+/, 'directory'));
  return drafts.map((draft) => {
    const those = groups.get(like(draft)) ?? [];
    const [first] = those;
    if (first !== undefined && first !== draft) return { ...draft, causes: [first.id] };
    const paths = those.map(({ at }) => shellWord(at.slice('directory '.length)));
    const plain =
      kindOf(draft) === 'acl'
        ? `setfacl -b ${paths.join(' ')}`
        : `chattr -${lettersOf(those)} ${paths.join(' ')}`;
    // Of the same directories, and no warning.
    const beside = drafts.filter(
      (other) =>
        other.severity === 'error' &&
        kindOf(other) !== kindOf(draft) &&
        those.some(({ at }) => at === other.at),
    );
    const isMore = beside.length > 0 || those.some(isWrongBeside);
    const service = layout.services.find(({ name }) => name === draft.service);
    if (service === undefined && (!isMore || those.some(isAbove))) return { ...draft, fix: asRoot([plain]) };
    const isSafe = (service?.user ?? 'root') === 'root' || !those.some(({ id }) => isPart(id));
    if (isSafe && !isMore) return { ...draft, fix: asRoot([plain]) };
    const kinds = new Set([draft, ...beside].map(kindOf));
    const words = [...(kinds.has('acl') ? ['--acl'] : []), ...(kinds.has('flag') ? ['--flags'] : [])];
    return { ...draft, fix: `sudo jts-hot repair ${draft.service} ${words.join(' ')}` };
  });
}

function lettersOf(drafts: readonly Draft[]): string {
  const letters = Object.entries(FLAG_LETTERS).filter(([flag]) =>
    drafts.some(({ found }) => found.split(', ').includes(flag)),
  );
  return letters.map(([, letter]) => letter).join('');
}

/** Who is named, and what the mask leaves: `user redis r-x; mask r-x`. */
function describe({ host }: Ground, { access, inherited }: AccessLists): string {
  const lists = [
    ...(access === null ? [] : [{ list: parseList(access), more: '' }]),
    ...(inherited === null ? [] : [{ list: parseList(inherited), more: ' for what is made in it' }]),
  ];
  const all = lists.flatMap(({ list }) => list);
  const of = (tag: string) => all.flatMap((one) => (one.tag === tag && one.id !== null ? [one.id] : []));
  const names = nameNumbers(host, of('user'), of('group'));
  const words = lists.flatMap(({ list, more }) =>
    list
      .filter(({ tag, id }) => id !== null || tag === 'mask')
      .map(({ tag, id, bits }) => {
        const name = id === null ? '' : ` ${tag === 'user' ? names.user(id) : names.group(id)}`;
        return `${tag}${name} ${permissionText(bits)}${more}`;
      }),
  );
  return words.length === 0 ? 'for what is made in it' : words.join(', ');
}

/** What fails at a directory follows from what stands in its way. */
export function behindHindrances(drafts: readonly Draft[]): readonly Draft[] {
  const hindrances = drafts.map(({ id }) => id).filter((id) => /^(flag|acl)\./.test(id));
  if (hindrances.length === 0) return drafts;
  return drafts.map((draft) => {
    const inside = /^inside\.([^.]+)\.(acl|flags)$/.exec(draft.id);
    const causes =
      inside === null
        ? behind(draft.id).filter((id) => hindrances.includes(id))
        : hindrances.filter((id) => {
            const [kind, name = ''] = id.split('.');
            return inside[2]?.startsWith(`${kind}`) === true && name.split('/')[0] === inside[1];
          });
    return causes.length === 0 ? draft : { ...draft, causes: [...causes, ...draft.causes] };
  });
}

function behind(id: string): readonly string[] {
  const [, kind = '', rest = ''] = /^(\w+)\.(.*)$/s.exec(id) ?? [];
  switch (kind) {
    case 'directory':
    case 'write':
      return [`flag.${rest}`, `acl.${rest}`];
    case 'isolation':
      return [`acl.${rest.split('/')[1] ?? ''}`];
    case 'acl':
      return [`flag.${rest}`];
    default:
      return [];
  }
}
