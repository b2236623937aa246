// Owns which checks one command mends: what is wrong with one service, or in the same way with several, is mended by one repair
// and told once. Must not look at the host.
import type { Draft } from './follow.ts';

const REPAIR = /^sudo jts-hot repair (\S+)((?: --(?:recursive|acl|flags))*)$/;
const WORDS = ['--recursive', '--acl', '--flags'] as const;

interface Repair {
  readonly service: string;
  readonly words: readonly string[];
}

export function mendTogether(drafts: readonly Draft[]): readonly Draft[] {
  return toldOnce(forAll(forEach(drafts)));
}

/** What repair is asked for in any of a service's fixes is asked for in each, once one of them goes into its tree. */
function forEach(drafts: readonly Draft[]): readonly Draft[] {
  const asked = Map.groupBy(drafts.flatMap(repairIn), ({ service }) => service);
  return drafts.map((draft) => {
    const [repair] = repairIn(draft);
    const words = new Set(asked.get(repair?.service ?? '')?.flatMap((one) => one.words));
    return repair === undefined || !words.has('--recursive')
      ? draft
      : withRepair(draft, repair.service, words);
  });
}

/** Several services: one repair for all of them, where it needs no consent for any, and nothing would have it refused. */
function forAll(drafts: readonly Draft[]): readonly Draft[] {
  if (drafts.some(isInTheWay)) return drafts;
  // Lists that only let somebody read may be meant, and would be taken away with the others.
  const isListMeant = drafts.some(({ id, severity, status }) => {
    return status === 'fail' && severity === 'warning' && /^acl\.|^inside\..*\.acl$/.test(id);
  });
  const isFor = ({ words }: Repair) => !isListMeant || !words.includes('--acl');
  const those = drafts.flatMap(repairIn).filter(isFor);
  if (new Set(those.map(({ service }) => service)).size < 2) return drafts;
  const words = new Set(those.flatMap((one) => one.words));
  return drafts.map((draft) => (repairIn(draft).some(isFor) ? withRepair(draft, '', words) : draft));
}

/** With it a repair of all is refused: an owner whose data is not given away unnamed, an account that is not there. */
function isInTheWay({ id, status, severity, fix, hint, consents }: Draft): boolean {
  if (status !== 'fail' || severity !== 'error') return false;
  if (consents || /^(?:user|group)\.[^.]+$|^disk\./.test(id)) return true;
  return id.startsWith('directory.') && !/^sudo jts-hot (?:repair|setup)\b/.test(fix ?? hint ?? '');
}

/** Of what is wrong in just the same way and mended by one repair, the first is told; what it takes consent to is said with it. */
function toldOnce(drafts: readonly Draft[]): readonly Draft[] {
  const groups = Map.groupBy(drafts.filter(isRepair), likeness);
  return drafts.map((draft) => {
    const those = isRepair(draft) ? (groups.get(likeness(draft)) ?? []) : [];
    const [first] = those;
    if (first === undefined) return draft;
    if (first !== draft) return { ...draft, causes: [...draft.causes, first.id] };
    return { ...draft, hint: draft.hint ?? those.find(({ hint }) => hint != null)?.hint ?? null };
  });
}

/** One `chmod -R` or `chown -R` does the same to many. */
function likeness({ id, fix, expected, found }: Draft): string {
  const [kind = '', ...rest] = id.split('.');
  switch (kind) {
    case 'directory':
      return [kind, fix, ...otherWords(found, expected)].join(' ');
    case 'inside':
      return [kind, fix, rest.at(-1), ...new Set(found.match(/\([^()]*\)/g))].join(' ');
    default:
      return [kind, fix, found].join(' ');
  }
}

/** `directory root:root 0750`, where `directory redis:redis 0750` was expected → `root:root`. */
function otherWords(found: string, expected: string): readonly string[] {
  const known = expected.split(' ');
  return found.split(' ').filter((word) => !known.includes(word));
}

/** What such a check says is what repair mends; others follow from these. */
const MENDED = /^(?:directory|inside|acl|flag)\./;

/** Of an error: what a warning tells of may be meant, and is not mended beside. */
function isRepair({ id, status, severity, fix }: Draft): boolean {
  const isError = status === 'fail' && severity === 'error';
  return isError && MENDED.test(id) && /^sudo jts-hot repair\b/.test(fix ?? '');
}

function repairIn(draft: Draft): readonly { readonly service: string; readonly words: readonly string[] }[] {
  const found = isRepair(draft) ? REPAIR.exec(draft.fix ?? '') : null;
  if (found === null) return [];
  const [, service = '', words = ''] = found;
  return [{ service, words: words.split(' ').filter(Boolean) }];
}

function withRepair(draft: Draft, service: string, words: ReadonlySet<string>): Draft {
  const given = WORDS.filter((word) => words.has(word));
  return { ...draft, fix: ['sudo jts-hot repair', service, ...given].filter(Boolean).join(' ') };
}
