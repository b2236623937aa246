// Owns asking the servers that run where they keep their data, each with its own client as the user it runs as, all at once and
// for a short time each. Changes nothing; what a client says beyond a path is not shown where it may hold secrets.
import { type ProgramEnd, type StartProgram, startProgram } from '../host/program.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { builtIn } from '../services/index.ts';
import type { QuestionFacet, Told } from '../services/question.ts';
import { printable } from '../values/quote.ts';
import type { ServiceCheck } from './check-document.ts';
import { isBelow, withoutSlash } from './paths.ts';

const PATIENCE_MS = 3000;

/** A service that runs, with what its files say. */
export interface Asked {
  readonly check: ServiceCheck;
  /** That it is started by; null: none was found. */
  readonly unit: string | null;
  readonly told: Told;
  /** What says so: `file:line`, or a command line with the flag. */
  readonly toldAt: (...key: readonly string[]) => string | null;
}

/** The same checks in their order, with what the servers answered. */
export function askServers(
  { layout, host }: { readonly layout: Layout; readonly host: HostReader },
  all: readonly Asked[],
  start: StartProgram = startProgram,
): Promise<readonly ServiceCheck[]> {
  const users = host.users(layout.services.map(({ user }) => user));
  return Promise.all(
    all.map(async ({ check, told }) => {
      const question = builtIn(check.service)?.question;
      if (question === undefined || check.servers.length === 0) return check;
      const name = layout.services.find((one) => one.name === check.service)?.user ?? '';
      const user = users.get(name);
      const program =
        user === undefined
          ? { why: `want its user ${name}, found none` }
          : clientOf(host, question, { file: check.file, isRoots: user.uid === 0 });
      if (typeof program !== 'string')
        return { ...check, problems: [...check.problems, notAsked(check, program.why)] };
      const end = await start({
        argv: [program, ...question.words(told)],
        input: '',
        environment: question.environment(told),
        timeoutMs: PATIENCE_MS,
        signal: new AbortController().signal,
        keepsOutput: true,
        ...(user !== undefined && { as: { uid: user.uid, gid: user.gid } }),
      });
      return answered(check, { own: ownOf(layout, check), program, places: placesIn(question, end), end });
    }),
  );
}

function ownOf(layout: Layout, { service: name }: ServiceCheck): string {
  return `${layout.base}/${layout.services.find((service) => service.name === name)?.path ?? name}`;
}

/** Of one that runs as root only what nobody else could change. */
function clientOf(
  host: HostReader,
  { programs }: QuestionFacet,
  { file, isRoots }: { readonly file: string | null; readonly isRoots: boolean },
): string | { readonly why: string } {
  const paths = programs(file);
  for (const path of paths) {
    const found = host.installed(path);
    if (found === null) continue;
    if (isRoots && found.changeableAt !== null)
      return { why: `found ${path}, and others than root can change ${found.changeableAt}` };
    return path;
  }
  return { why: `want its client ${paths.join(' or ')}, found none` };
}

function placesIn({ answer }: QuestionFacet, end: ProgramEnd): readonly string[] | null {
  if (end.ended !== 'exit' || end.status !== 0) return null;
  try {
    return answer(end.stdout ?? '');
  } catch {
    return null;
  }
}

function answered(
  check: ServiceCheck,
  of: {
    readonly own: string;
    readonly program: string;
    readonly places: readonly string[] | null;
    readonly end: ProgramEnd;
  },
): ServiceCheck {
  const { own, program, places, end } = of;
  if (places === null)
    return { ...check, problems: [...check.problems, notAsked(check, `${program}: ${why(end)}`)] };
  const isThere = places.some((place) => isBelow(withoutSlash(place), own));
  const isSaid = isThere === (check.state === 'running on the hot tier');
  return {
    ...check,
    answered: places,
    problems: isSaid ? check.problems : [...check.problems, saysOtherwise(check, { program, places })],
  };
}

function why(end: ProgramEnd): string {
  switch (end.ended) {
    case 'exit':
      return end.status === 0
        ? 'found no path in its answer'
        : `exit status ${end.status} ${firstLine(end.stderr)}`.trim();
    case 'signal':
      return `killed by ${end.signal}`;
    case 'timeout':
    case 'stopped':
      return `found no answer within ${PATIENCE_MS / 1000} s`;
    case 'not started':
      return `found ${end.error}`;
    default:
      return end satisfies never;
  }
}

const SHOWN = 200;

function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  return line === '' ? '' : `(${printable(line.trim(), SHOWN)})`;
}

function notAsked({ service }: ServiceCheck, found: string): Diagnostic {
  return diagnostic('W_NOT_ASKED', 'cannot ask a service where it keeps its data', {
    at: `service ${service}`,
    detail: found,
    hint: 'what its processes have open is told without it',
  });
}

function saysOtherwise(
  { service, servers }: ServiceCheck,
  { program, places }: { readonly program: string; readonly places: readonly string[] },
): Diagnostic {
  const open = servers.flatMap((server) => server.places ?? []).join(', ');
  return diagnostic(
    'E_SAYS_OTHERWISE',
    'cannot believe a service that says something else than its open files',
    {
      at: `service ${service}`,
      detail: [`want the same place, found ${open} open`, `found ${places.join(', ')} by ${program}`],
      hint: 'another server may have answered: look at the port and at what runs',
    },
  );
}
