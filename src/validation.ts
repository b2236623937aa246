// Owns the list of checks that prove a layout: every wanted thing, each service's writing, their isolation, the space.
import type { Check } from './check.ts';
import { type Draft, follow } from './checks/follow.ts';
import { errnoText } from './errno.ts';
import type { HostReader, Prober } from './host/host.ts';
import { NO_CONSENT } from './plan.ts';
import { checkSpace } from './preflight.ts';
import { desiredDirectories, directoryAddress } from './resources/directory.ts';
import { examine, type Finding } from './resources/index.ts';
import { type Service, type Spec, servicePath } from './spec.ts';

export function validate(spec: Spec, host: HostReader & Prober): readonly Check[] {
  const findings = examine(spec, host, NO_CONSENT);
  const withoutAccount = new Set(
    findings
      .filter((finding) => finding.kind !== 'directory' && finding.difference.steps.length > 0)
      .flatMap((finding) => finding.service ?? []),
  );
  return follow([
    ...findings.flatMap((finding) => checksOf(finding, withoutAccount)),
    ...checkWrites(spec, host),
    ...checkIsolation(spec, host),
    ...checkSpace(spec, host).map((check) => ({ ...check, causes: [] })),
  ]);
}

function checksOf(finding: Finding, withoutAccount: ReadonlySet<string>): readonly Draft[] {
  const { steps, refusals, warnings } = finding.difference;
  const { checkId: id, address: at, service, expected, found } = finding;
  const holds = steps.length === 0 && refusals.length === 0;
  const check: Draft = {
    id,
    at,
    service,
    severity: 'error',
    status: holds ? 'pass' : 'fail',
    expected,
    found,
    fix: holds ? null : fixFor(finding, withoutAccount),
    causes: [],
  };
  const kept = warnings.map(
    (warning): Draft => ({
      id: `${id}.${warning.code.slice(2).toLowerCase().replaceAll('_', '-')}`,
      at,
      service,
      severity: 'warning',
      status: 'fail',
      expected,
      found: warning.detail.join('; '),
      fix: warning.hint,
      causes: [],
    }),
  );
  return [check, ...kept];
}

function fixFor(finding: Finding, withoutAccount: ReadonlySet<string>): string {
  const [step] = finding.difference.steps;
  // Repair makes no accounts, and gives nothing to one that is not there.
  const makes = step?.action === '+' || withoutAccount.has(finding.service ?? '');
  if (step !== undefined)
    return makes ? 'jts-hot setup' : `jts-hot repair ${finding.service ?? ''}`.trimEnd();
  const [refusal] = finding.difference.refusals;
  // Naming the service is all the consent it takes: to be thought about before it is typed.
  if (refusal?.code === 'E_FOREIGN_OWNER')
    return `if its data is meant to be ${finding.service}'s: jts-hot repair ${finding.service}`;
  return refusal?.hint ?? 'jts-hot plan';
}

interface Tenant {
  readonly service: Service;
  readonly uid: number;
  readonly gid: number;
}

/** Services whose user exists, with the numbers its processes run with. */
function tenants(spec: Spec, host: HostReader): readonly Tenant[] {
  const users = host.users(spec.services.map((service) => service.user).filter((user) => user !== 'root'));
  return spec.services.flatMap((service) => {
    if (service.user === 'root') return [{ service, uid: 0, gid: 0 }];
    const user = users.get(service.user);
    return user === undefined ? [] : [{ service, uid: user.uid, gid: user.gid }];
  });
}

function checkWrites(spec: Spec, host: HostReader & Prober): readonly Draft[] {
  const byService = new Map(tenants(spec, host).map((tenant) => [tenant.service.name, tenant]));
  const owned = desiredDirectories(spec).filter((want) => isService(spec, want.service));
  const byPath = new Map(desiredDirectories(spec).map((want) => [want.path, want.checkId]));
  const onTheDisk = new Map<string, string>();
  return owned.map((want): Draft => {
    const about = {
      id: want.checkId.replace('directory.', 'write.'),
      at: directoryAddress(want.path),
      service: want.service,
      severity: 'error',
      expected: `${want.owner.user} can create, sync and remove a file`,
      causes: [`user.${want.owner.user}`, ...onTheWay(want.path).flatMap((path) => byPath.get(path) ?? [])],
    } as const;
    const tenant = byService.get(want.service);
    if (tenant === undefined)
      return { ...about, status: 'skip', found: `no user ${want.owner.user}`, fix: 'jts-hot setup' };
    const skip = skipFor(host, want.path);
    if (skip !== null) return { ...about, ...skip };
    const probe = host.probeWrite(want.path, tenant);
    if (probe.ok) return { ...about, status: 'pass', found: 'yes', fix: null };
    const found = `no: ${errnoText(probe.error)}`;
    const ofTheDisk = WRITE_FIXES[probe.error];
    if (ofTheDisk === undefined)
      return { ...about, status: 'fail', found, fix: `jts-hot repair ${want.service}` };
    // What the disk refuses to one it refuses to all; a quota is a service's own.
    const key = probe.error === 'EDQUOT' ? `${probe.error} ${want.service}` : probe.error;
    const first = onTheDisk.get(key) ?? about.id;
    onTheDisk.set(key, first);
    return { ...about, status: 'fail', found, fix: ofTheDisk, causes: first === about.id ? [] : [first] };
  });
}

/** `/a/b` → `/a/b`, `/a`. */
function onTheWay(path: string): readonly string[] {
  const names = path.split('/').slice(1);
  return names.map((_, i) => `/${names.slice(0, names.length - i).join('/')}`);
}

/** null: the directory is there, and can be tried. */
function skipFor(host: HostReader, path: string): Pick<Check, 'status' | 'found' | 'fix'> | null {
  const { type } = host.entry(path);
  if (type === 'directory') return null;
  if (type === 'missing') return { status: 'skip', found: 'no such directory', fix: 'jts-hot setup' };
  return { status: 'skip', found: `not a plain directory (${type})`, fix: `ls -ld ${path}` };
}

const WRITE_FIXES: { readonly [error: string]: string } = {
  ENOSPC: 'free some space: see who uses it with: jts-hot monitor',
  EDQUOT: 'raise the quota or free some space: see who uses it with: jts-hot monitor',
  EROFS: 'the file system is read-only: see why (dmesg | tail), then remount it',
  EIO: 'the disk reports errors: look at dmesg and smartctl',
};

function isService(spec: Spec, name: string): boolean {
  return spec.services.some((service) => service.name === name);
}

/** Between services that have users of their own, where the spec itself does not open the directory to all. */
function checkIsolation(spec: Spec, host: HostReader & Prober): readonly Draft[] {
  const byService = new Map(tenants(spec, host).map((tenant) => [tenant.service.name, tenant]));
  const own = spec.services.filter((service) => service.user !== 'root');
  const closed = own.filter((service) => service.mode.endsWith('0'));
  return own.flatMap((visitor) =>
    closed
      .filter((service) => service.user !== visitor.user)
      .map((service): Draft => {
        const path = servicePath(spec, service);
        const about = {
          id: `isolation.${visitor.name}/${service.name}`,
          at: directoryAddress(path),
          service: service.name,
          severity: 'error',
          expected: `${visitor.user} cannot list it`,
          causes: [`user.${visitor.user}`, `directory.${service.name}`],
        } as const;
        const tenant = byService.get(visitor.name);
        if (tenant === undefined)
          return { ...about, status: 'skip', found: `no user ${visitor.user}`, fix: 'jts-hot setup' };
        const skip = skipFor(host, path);
        if (skip !== null) return { ...about, ...skip };
        const probe = host.probeList(path, tenant);
        if (!probe.ok && probe.error === 'EACCES')
          return { ...about, status: 'pass', found: 'denied', fix: null };
        const found = probe.ok ? 'it can' : `cannot tell: ${errnoText(probe.error)}`;
        return { ...about, status: 'fail', found, fix: `jts-hot repair ${service.name}` };
      }),
  );
}
