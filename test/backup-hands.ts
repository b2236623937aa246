// Owns hands that run nothing: for tests of what a service asks of them, and of what it makes of answers that are given to it.
import { diagnostic, EXIT, Problem } from '../src/messages/diagnostic.ts';
import type { Argv, ProveHands, RestoreHands, TakeHands, Taken } from '../src/services/backing-up.ts';
import type { Told } from '../src/services/question.ts';

export interface Asked {
  readonly argv: Argv;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Written {
  /** Texts and lists of names, by name. */
  readonly made: Map<string, string>;
  readonly asked: Asked[];
}

export interface Answers {
  /** null: it is not installed. By its first pattern, if not said. */
  readonly program?: (patterns: readonly string[]) => string | null;
  /** Standard output; undefined: it fails. */
  readonly run?: (argv: Argv, environment: Readonly<Record<string, string>>) => string | undefined;
  readonly settings?: Readonly<Record<string, string | readonly string[]>>;
  /** Below the place, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly isRunning?: boolean;
  readonly file?: string | null;
}

export function takeHands(answers: Answers): TakeHands & Written {
  const made = new Map<string, string>();
  const asked: Asked[] = [];
  const { settings = {}, files = {}, isRunning = true, file = null } = answers;
  const run: TakeHands['run'] = async (argv, { environment = {} } = {}) => {
    asked.push({ argv, environment });
    const output = answers.run?.(argv, environment);
    if (output === undefined) throw problem('E_TOOL', argv.join(' '));
    return output;
  };
  const programIfThere = (patterns: readonly string[]) =>
    answers.program === undefined ? (patterns[0] ?? null) : answers.program(patterns);
  const told: Told = (...key) => settings[key.join('.')] ?? null;
  return {
    made,
    asked,
    file,
    told,
    place: '/place',
    isRunning,
    programIfThere,
    program(patterns, install) {
      const found = programIfThere(patterns);
      if (found === null) throw problem('E_NO_TOOL', install);
      return found;
    },
    run,
    names: (below) =>
      Object.keys(files)
        .filter((path) => below === '' || path.startsWith(`${below}/`))
        .map((path) => path.slice(below === '' ? 0 : below.length + 1).replace(/\/.*$/, '')),
    text: (below) => files[below] ?? null,
    measure: async () => 1000,
    parent: null,
    bytesPerSecond: 1e9,
    async stream(name, argv, more) {
      made.set(`${name}.zst`, await run(argv, more));
    },
    async archive(name, { names = [] }) {
      made.set(`${name}.tar.zst`, names.join(' '));
    },
    async write(name, text) {
      made.set(name, text);
    },
    written: () => Promise.reject(new Error('nothing is written here')),
    atEnd: () => {},
  };
}

export function restoreHands(
  taken: Taken,
  files: readonly string[],
  answers: Answers = {},
): RestoreHands & Written {
  const { made, asked, run, program, programIfThere } = takeHands(answers);
  return {
    made,
    asked,
    run,
    program,
    programIfThere,
    taken,
    files,
    directory: '/restored',
    place: '/restored',
    chain: [],
    async extract(file, below) {
      made.set(`${below}/`, file);
    },
    async put(file, below) {
      made.set(below, file);
    },
    async write(below, text) {
      made.set(below, text);
    },
  };
}

export function proveHands(taken: Taken, answers: Answers): ProveHands & Written {
  const { made, asked, run, program, programIfThere } = takeHands(answers);
  return {
    made,
    asked,
    run,
    program,
    programIfThere,
    taken,
    directory: '/restored',
    beside: '/beside',
    async write(name, text) {
      made.set(name, text);
      return `/beside/${name}`;
    },
    async start(argv, { isReady }) {
      asked.push({ argv, environment: {} });
      if (!(await isReady())) throw problem('E_NOT_STARTED', argv.join(' '));
    },
    ask: run,
    stop: async () => {},
  };
}

function problem(code: string, detail: string): Problem {
  return new Problem(EXIT.failed, [diagnostic(code, 'cannot do it', { detail })]);
}
