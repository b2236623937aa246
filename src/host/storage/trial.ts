// Owns trying a type of file system, how it is made and how it is mounted on the kernel that runs: in a file without a name, on a
// loop device that goes with its last user, mounted in a namespace that nobody else is in. So nothing stays, also after `kill -9`.
import type { FileSystemTrial, FileSystemTrialRequest } from '../../port/file-system-on.ts';
import type { Scratch } from '../../port/scratch.ts';

export const TRIAL_PLACE = '/var/tmp';
/** The smallest XFS that mkfs.xfs makes has 300 MB. Nothing takes room but what is written. */
export const TRIAL_BYTES = 512 * 1024 ** 2;
const IMAGE = '/proc/self/fd/3';
const TIMEOUT_MS = 60_000;

/** $1: type; each of the others: options to mount it with, one after the other. What the kernel says of a refusal is at the end. */
const MOUNTS = `
type=$1; shift
for options; do
  if said=$(mount --no-mtab --internal-only -t "$type" -o "loop,$options" ${IMAGE} /run 2>&1); then
    printf 'shown '; awk '$5 == "/run" { line = $0 } END { print line }' /proc/self/mountinfo
    umount --no-mtab --internal-only /run
  else
    printf 'refused %s' "$(printf %s "$said" | head -n 1)"
    dmesg 2>/dev/null | tail -n 5 | sed -n 's/^\\[[^]]*\\] *//; /loop\\|xfs:\\|ext4:\\|XFS\\|EXT4/h; $ { x; s/^./; the kernel: &/p }' | tr -d '\\n'
    echo
  fi
done`;

type Mounted = { readonly shown: readonly string[] } | { readonly refused: string };

/** The scratch is TRIAL_BYTES long, and closed by the caller. */
export async function tryFileSystemOn(
  scratch: Scratch,
  { type, words, mountOptions }: FileSystemTrialRequest,
): Promise<FileSystemTrial> {
  const make =
    type === 'xfs'
      ? (['mkfs.xfs', '-q', '-K', ...words, IMAGE] as const)
      : (['env', 'MKE2FS_CONFIG=/dev/null', 'mke2fs', '-q', '-F', '-t', 'ext4', ...words, IMAGE] as const);
  const made = await runOn(scratch, make);
  if (made.status !== 0) return { ok: false, options: [], said: made.said };

  const [all] = await mountWith(scratch, type, [mountOptions]);
  if (all === undefined) return NO_ANSWER;
  if ('shown' in all && mountOptions.every((option) => all.shown.includes(option))) return { ok: true };
  const [none, ...each] = await mountWith(scratch, type, [[], ...mountOptions.map((option) => [option])]);
  if (none === undefined || each.length !== mountOptions.length) return NO_ANSWER;
  return judge({ options: mountOptions, all, none, each });
}

const NO_ANSWER: FileSystemTrial = { ok: false, options: [], said: 'the trial was not run to its end' };

export interface Mounts {
  readonly options: readonly string[];
  readonly all: Mounted;
  readonly none: Mounted;
  /** With each option alone. */
  readonly each: readonly Mounted[];
}

/** Pure. What alone is shown in the table of mounts must be shown together with the others, too. */
export function judge({ options, all, none, each }: Mounts): FileSystemTrial {
  if ('refused' in none) return { ok: false, options: [], said: none.refused };
  const bad = each.flatMap((one, i) =>
    'refused' in one ? [{ option: options[i] ?? '', said: one.refused }] : [],
  );
  if (bad.length > 0)
    return { ok: false, options: bad.map(({ option }) => option), said: bad[0]?.said ?? '' };
  if ('refused' in all) return { ok: false, options, said: all.refused };
  const lost = options.filter((option, i) => {
    const alone = each[i];
    if (alone === undefined || 'refused' in alone) return false;
    const shows = alone.shown.filter((one) => one === option || !none.shown.includes(one));
    return !shows.every((one) => all.shown.includes(one));
  });
  if (lost.length === 0) return { ok: true };
  return {
    ok: false,
    options: lost,
    said: `mounted with ${options.join(',')} the table of mounts shows ${all.shown.join(',')}`,
  };
}

async function mountWith(
  scratch: Scratch,
  type: string,
  all: readonly (readonly string[])[],
): Promise<readonly Mounted[]> {
  const { output } = await runOn(scratch, [
    ...(['unshare', '--mount', '--propagation', 'private', '--'] as const),
    ...['sh', '-c', MOUNTS, 'sh', type, ...all.map((options) => options.join(',') || 'defaults')],
  ]);
  return output.split('\n').flatMap((line): readonly Mounted[] => {
    if (line.startsWith('refused ')) return [{ refused: line.slice('refused '.length) }];
    return line.startsWith('shown ') ? [{ shown: shownIn(line.slice('shown '.length)) }] : [];
  });
}

/** proc(5), mountinfo: `id parent major:minor root mount-point options … - type source super-options`. */
function shownIn(line: string): readonly string[] {
  const [before = '', after = ''] = line.split(' - ');
  return [...(before.split(' ')[5] ?? '').split(','), ...(after.split(' ')[2] ?? '').split(',')];
}

async function runOn(
  scratch: Scratch,
  argv: readonly [string, ...string[]],
): Promise<{ readonly status: number | null; readonly output: string; readonly said: string }> {
  const end = await scratch.run(argv, { timeoutMs: TIMEOUT_MS, signal: new AbortController().signal });
  if (end.ended === 'stopped') return { status: null, output: '', said: 'stopped' };
  const said = end.stderr.trim().split('\n', 1)[0] ?? '';
  return end.ended === 'exit'
    ? { status: end.status, output: end.stdout, said: said || `${argv[0]} ended with ${end.status}` }
    : { status: null, output: '', said: `${argv[0]}: ${end.how}` };
}
