// Owns what `validate` says of the history: that it opens, is whole as far as its small tables tell, and is root's alone. Says
// nothing where none was begun, and loads no database then.
import type { Context } from '../command/context.ts';
import { HISTORY_DIRECTORY, HISTORY_FILE, PUBLISHED_DIRECTORY } from '../history/store/problem.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import type { Mode } from '../values/mode.ts';
import type { Draft } from './follow.ts';

const FILE = `${HISTORY_DIRECTORY}/${HISTORY_FILE}`;

export function checkHistory(context: Pick<Context, 'host' | 'history' | 'monitoring'>): readonly Draft[] {
  const { host } = context;
  if (host.entry(FILE).type === 'missing') return [];
  const wrong = PLACES.flatMap((place) => wrongAt(host, place));
  const [first] = wrong;
  if (first !== undefined)
    return [
      {
        ...ABOUT,
        at: first.at,
        status: 'fail',
        expected: first.expected,
        found: first.found,
        fix: asRoot(wrong.flatMap(({ mends }) => mends)),
      },
    ];
  const problem = problemOf(context);
  if (problem === null) return [{ ...ABOUT, status: 'pass', found: 'opened and read' }];
  const { code, detail, fix, hint } = problem;
  return [
    {
      ...ABOUT,
      // Somebody else works with it: not proved, and no damage.
      severity: code === 'E_HISTORY_BUSY' ? 'warning' : 'error',
      status: 'fail',
      found: detail.join('; ').replace(/^found:? /, ''),
      fix,
      hint,
    },
  ];
}

const ABOUT = {
  id: 'history',
  at: `file ${FILE}`,
  service: null,
  severity: 'error',
  expected: "root's alone, and readable",
  causes: [],
} as const;

interface Place {
  readonly path: string;
  readonly type: 'directory' | 'file';
  readonly mode: Mode;
  /** Bits that may be set beside: a group may read the published copy. */
  readonly also: number;
}

const PLACES: readonly Place[] = [
  { path: HISTORY_DIRECTORY, type: 'directory', mode: '0700', also: 0 },
  // With what SQLite keeps beside it, and what our runs lock.
  ...['history.db', 'history.db-wal', 'history.db-shm', 'history.db-journal', 'lock'].map(
    (name): Place => ({ path: `${HISTORY_DIRECTORY}/${name}`, type: 'file', mode: '0600', also: 0 }),
  ),
  { path: PUBLISHED_DIRECTORY, type: 'directory', mode: '0700', also: 0o050 },
  { path: `${PUBLISHED_DIRECTORY}/${HISTORY_FILE}`, type: 'file', mode: '0600', also: 0o040 },
];

interface Wrong {
  readonly at: string;
  readonly expected: string;
  readonly found: string;
  readonly mends: readonly string[];
}

/** Something else in its place is told of when it is opened; what is missing is made by the next record. */
function wrongAt(host: HostReader, { path, type, mode, also }: Place): readonly Wrong[] {
  const entry = host.entry(path);
  if (entry.type !== type) return [];
  const isRoots = entry.uid === 0 && (also !== 0 || entry.gid === 0);
  const isRight = (Number.parseInt(entry.mode, 8) & ~also) === Number.parseInt(mode, 8);
  if (isRoots && isRight) return [];
  const word = shellWord(path);
  return [
    {
      at: `${type} ${path}`,
      expected: `${type} root:root ${mode}${also === 0 ? '' : ', or more for the group that may read it'}`,
      found: `${type} ${entry.uid}:${entry.gid} ${entry.mode}`,
      mends: [
        ...(isRoots ? [] : [`chown -h ${also === 0 ? 'root:root' : 'root'} ${word}`]),
        ...(isRight ? [] : [`chmod ${mode} ${word}`]),
      ],
    },
  ];
}

/** The small tables, whatever the number of samples. null: it can be read. */
function problemOf({
  history: open,
  monitoring,
}: Pick<Context, 'history' | 'monitoring'>): Diagnostic | null {
  try {
    const history = open({ mode: 'read', group: monitoring.group });
    try {
      history?.recentTimes();
      history?.levels();
      history?.lastTold();
      history?.deliveries(1);
      history?.checks();
      history?.report();
    } finally {
      history?.close();
    }
    return null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.diagnostics[0] ?? null;
  }
}
