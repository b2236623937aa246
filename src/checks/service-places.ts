// Owns what `validate` says of where the services that are installed really keep their data. configure/ finds it out; of what
// is not installed nothing is said.
import { checkServices } from '../configure/check.ts';
import type { ServiceCheck } from '../configure/check-document.ts';
import type { Judgement } from '../disk/judge.ts';
import type { Layout } from '../layout/layout.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { Draft } from './follow.ts';

/** Of a service that is installed. */
export type ServicePlace = Pick<ServiceCheck, 'service' | 'state'>;

export interface ServicePlaces {
  readonly drafts: readonly Draft[];
  readonly services: readonly ServicePlace[];
}

export async function checkServicePlaces(
  layout: Layout,
  host: HostReader,
  judgement: Judgement | null,
): Promise<ServicePlaces> {
  const isRightDisk = (judgement?.wrong ?? null) === null;
  const all = await checkServices(layout, host, { what: 'all', isRightDisk });
  const installed = all.filter(({ state }) => state !== 'not installed');
  return {
    drafts: installed.map(draftOf),
    services: installed.map(({ service, state }) => ({ service, state })),
  };
}

/** What was wired to the hot tier and is not as it was wired. All else is still to be done: a warning. */
const BROKEN: readonly string[] = [
  'E_NEXT_START',
  'E_NO_ROOM',
  'E_OVERRULED',
  'E_RESTART_PENDING',
  'E_SEES_READ_ONLY',
  'E_STRAY',
  'E_UNIT_READ_ONLY',
  'E_WRONG_DISK',
];

function draftOf({ service, state, want, servers, told, problems }: ServiceCheck): Draft {
  const wrong = problems.filter(({ code }) => code.startsWith('E_'));
  const broken = wrong.filter(({ code }) => BROKEN.includes(code));
  const place = servers.flatMap(({ places }) => places ?? [])[0] ?? told?.value;
  const about = {
    id: `service.${service}.place`,
    at: `service ${service}`,
    service,
    severity: broken.length > 0 ? 'error' : 'warning',
    expected: want === null ? 'a place in the layout for its data' : `it runs with its data in ${want}`,
    causes: [
      'disk.base',
      `directory.${service}/data`,
      `directory.${service}`,
      ...(wrong.every(({ code }) => code === 'E_NO_ROOM') ? ['space.free'] : []),
    ],
  } as const;
  const has = `${state}${place === undefined ? '' : `, its data in ${place}`}`;
  if (wrong.length === 0) return { ...about, severity: 'error', status: 'pass', found: has };
  const [first, ...more] =
    broken.length > 0 ? [...broken, ...wrong.filter((one) => !broken.includes(one))] : wrong;
  return {
    ...about,
    status: 'fail',
    found: [has, ...[first, ...more].flatMap((one) => (one === undefined ? [] : [said(one)]))].join('; '),
    fix: first?.fix ?? null,
    hint: first?.hint ?? null,
  };
}

/** Its last line is what was found. */
function said({ at, detail }: Diagnostic): string {
  const found = detail.at(-1)?.replace(/^want .*, (?=found )/, '') ?? '';
  return at === null || at.startsWith('service ') ? found : `${at}: ${found}`;
}
