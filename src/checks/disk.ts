// Owns what validate says of the disk. On a wrong disk nothing else is looked at: there is one failure, from which the
// others follow. disk/judge.ts decides which disk is right.
import type { ServiceJudgement } from '../command/service-disks.ts';
import type { Judgement, Wrong } from '../disk/judge.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader, Prober } from '../port/host.ts';
import type { Draft } from './follow.ts';

const BASE_CHECK = 'disk.base';
const WRITABLE_CHECK = 'disk.writable';

/** Checks of what is below the base, beside those of kinds. */
const BELOW = /^(write|isolation|inside|space)\./;
const WRITES = /^(write\.|space\.writable(\.|$))/;

/** The host with nothing at these places or below them, so that nothing on a wrong disk is tried. */
export function withoutPlaces<H extends HostReader & Prober>(host: H, places: readonly string[]): H {
  if (places.length === 0) return host;
  const isIn = (path: string) => places.some((place) => `${path}/`.startsWith(`${place}/`));
  return { ...host, entry: (path) => (isIn(path) ? { type: 'missing' } : host.entry(path)) };
}

/** The checks of services' own file systems, with those that rest on them tied to them. */
export function withServiceDisks(
  drafts: readonly Draft[],
  judged: readonly ServiceJudgement[],
): readonly Draft[] {
  let told = drafts;
  for (const { mount, wrong, readOnly } of judged) {
    const { service, path, uuid } = mount;
    const id = `disk.service.${service}`;
    const why = wrong ?? readOnly;
    const draft: Draft =
      why !== null
        ? { ...failure(id, path, why), service }
        : {
            id,
            at: `file system ${path}`,
            service,
            severity: 'error',
            status: 'pass',
            expected: `its own file system, UUID=${uuid}`,
            found: 'mounted',
            causes: [],
          };
    const tied = told.map((one): Draft => {
      if (one.service !== service) return one;
      if (wrong !== null) return notLookedAt(one, id);
      return readOnly !== null && WRITES.test(one.id) ? { ...one, causes: [id, ...one.causes] } : one;
    });
    told = beforeSpace(tied, [draft]);
  }
  return told;
}

/** The checks of the disk, with those that rest on it tied to them. */
export function withDisk(drafts: readonly Draft[], judgement: Judgement, base: string): readonly Draft[] {
  const { wrong, readOnly, now } = judgement;
  if (wrong !== null)
    return beforeSpace(
      drafts.map((one) => notLookedAt(one)),
      [failure(BASE_CHECK, base, wrong)],
    );
  const { mountPoint, type, source, options } = now.holder;
  const at = `file system ${mountPoint}`;
  const right: Draft = {
    id: BASE_CHECK,
    at,
    service: null,
    severity: 'error',
    status: 'pass',
    expected: 'the disk and the base on record',
    found: `${type} from ${source}`,
    fix: null,
    causes: [],
  };
  const wanted = now.wanted.find((one) => one.mountPoint === mountPoint);
  const noPrograms: Draft = {
    id: 'disk.exec',
    at,
    service: null,
    // Where nothing says how it is to be mounted, or this is said, it may be meant.
    severity: wanted === undefined || wanted.options.includes('noexec') ? 'warning' : 'error',
    status: 'fail',
    expected:
      wanted === undefined
        ? 'programs can be started from it, as containers do'
        : `mounted as ${wanted.unit ?? '/etc/fstab'} says, and programs can be started from it`,
    found: 'mounted with noexec',
    fix: `sudo mount -o remount,exec ${shellWord(mountPoint)}`,
    hint: wanted?.options.includes('noexec')
      ? `${wanted.unit ?? '/etc/fstab'} says so: take it out of its options there, or it comes back`
      : null,
    causes: [],
  };
  const tied = drafts.map((draft) =>
    readOnly !== null && WRITES.test(draft.id)
      ? { ...draft, causes: [WRITABLE_CHECK, ...draft.causes] }
      : draft,
  );
  const unknown: Draft = {
    ...right,
    id: 'disk.record',
    status: 'fail',
    expected: `on record as the disk of ${base}, so that another one is noticed`,
    found: 'nothing on record: not set up by jts-hot, or what it keeps in /var/lib/jts-hot is gone',
    fix: 'sudo jts-hot setup',
    hint: 'what is not there any more of earlier runs cannot be undone: give it back from a backup, if there is one',
  };
  const isUnknown = !judgement.isRecorded && typeof now.directory !== 'string';
  const told = beforeSpace(tied, [
    right,
    ...(isUnknown ? [unknown] : []),
    ...(options.includes('noexec') ? [noPrograms] : []),
  ]);
  // First: on a disk that cannot be written nothing else can be mended.
  return readOnly === null ? told : [failure(WRITABLE_CHECK, base, readOnly), ...told];
}

/** Listed with the host's other checks that belong to no service. */
function beforeSpace(drafts: readonly Draft[], disk: readonly Draft[]): readonly Draft[] {
  const first = drafts.findIndex(({ id }) => id.startsWith('space.'));
  return [...drafts.slice(0, first), ...disk, ...drafts.slice(first)];
}

function failure(id: string, base: string, { expected, found, fix, hint }: Wrong): Draft {
  const about = { id, at: `directory ${base}`, service: null, causes: [] };
  return { ...about, severity: 'error', status: 'fail', expected, found, fix, hint };
}

function notLookedAt(draft: Draft, cause = BASE_CHECK): Draft {
  if (draft.belowBase !== true && !BELOW.test(draft.id)) return draft;
  return { ...draft, status: 'skip', found: 'not looked at', fix: null, causes: [cause] };
}
