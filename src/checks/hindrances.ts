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
    const letters = flags.map((flag) => FLAG_LETTERS[flag]).join('');
    const flagged: Draft = {
      ...about,
      id: id('flag'),
      severity: 'error',
      expected: 'nothing that keeps it from being changed',
      found: flags.join(', '),
      fix: asRoot([`chattr -${letters} ${shellWord(path)}`]),
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
      // Of a part the mode comes first: it is the mask of the list, and repair looks at the list as it is by then.
      fix:
        isWrong && isPart(checkId)
          ? `sudo jts-hot repair ${service}`
          : asRoot([`setfacl -b ${shellWord(path)}`]),
      hint: null,
    };
    return [...(flags.length > 0 ? [flagged] : []), ...(letting !== null || isWrong ? [listed] : [])];
  });
  return together(ground, together(ground, drafts, 'flag'), 'acl');
}

/** `acl.kafka/data`, and not `acl.kafka` or `acl./data`. */
function isPart(id: string): boolean {
  return /^\w+\.[^/]+\//.test(id);
}

/**
 * What is wrong in the same way at several directories of a service is mended by one command. Where one of them lies in a
 * directory that the service can write, none on its path: it may have been swapped by then. Repair goes by descriptors.
 */
function together({ layout }: Ground, drafts: readonly Draft[], kind: 'flag' | 'acl'): readonly Draft[] {
  const ofKind = drafts.filter(
    ({ id, fix }) => id.startsWith(`${kind}.`) && fix?.startsWith('sudo jts-hot') !== true,
  );
  const byService = Map.groupBy(ofKind, ({ service, severity }) => `${service} ${severity}`);
  return drafts.map((draft) => {
    const those = ofKind.includes(draft) ? (byService.get(`${draft.service} ${draft.severity}`) ?? []) : [];
    const [first] = those;
    if (first === undefined) return draft;
    if (first !== draft) return { ...draft, causes: [first.id] };
    const service = layout.services.find(({ name }) => name === draft.service);
    const isSafe = service === undefined || service.user === 'root' || !those.some(({ id }) => isPart(id));
    if (!isSafe) {
      const flag = kind === 'acl' ? '--acl' : '--flags';
      return { ...draft, fix: `sudo jts-hot repair ${service.name} --recursive ${flag}` };
    }
    const paths = those.map(({ at }) => shellWord(at.slice('directory '.length)));
    const [verb = ''] = /^sudo \S+ \S+/.exec(draft.fix ?? '') ?? [];
    return { ...draft, fix: `${verb} ${paths.join(' ')}` };
  });
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
