// Owns layouts of storage for tests on a real kernel, and what is looked at once one is set up. Must not set anything up itself.
import type { NvmeDisk } from './disk.ts';
import { type Machine, mustRun } from './machine.ts';

export const BASE = '/data/jts/hot';
const LAYOUT = '/etc/jts/hot-storage.yaml';

/** All of them, and with sizes that fit on 4 TB with 5 % kept free. */
const ALL = `services:
  postgresql: { planned: 700GB }
  clickhouse: { planned: 1.2TB }
  kafka: { planned: 500GB }
  docker: { planned: 400GB }
`;
/** Emulated, each service more takes ten seconds. */
const FEW = `services:
  postgresql: { planned: 700GB }
  clickhouse: false
  kafka: { planned: 500GB }
  mongodb: false
  docker: false
  backup: false
`;

/** That of the base takes all that is left, if nothing is said, and nothing could grow. */
const VOLUMES = `  volumes:
    base: 1TB
    services:
      kafka: { filesystem: xfs }
      postgresql: { filesystem: ext4 }
`;

export const LAYOUTS = {
  'one XFS file system': { services: ALL, filesystem: 'xfs', volumes: '' },
  'one ext4 file system': { services: FEW, filesystem: 'ext4', volumes: '' },
  'volumes, XFS and ext4': { services: FEW, filesystem: 'xfs', volumes: VOLUMES },
  'a volume a service': {
    services: FEW,
    filesystem: 'ext4',
    volumes: '  volumes: { base: 1TB, services: all }\n',
  },
} as const;

export type LayoutName = keyof typeof LAYOUTS;

export function layoutText(name: LayoutName, { serial }: Pick<NvmeDisk, 'serial'>): string {
  const { services, filesystem, volumes } = LAYOUTS[name];
  return `${services}storage:
  device: { serial: ${serial} }
  allowFormat: ${serial}
  filesystem: ${filesystem}
${volumes}`;
}

export function writeLayout(machine: Machine, text: string): void {
  mustRun(machine, ['sh', '-c', `mkdir -p /etc/jts && cat >${LAYOUT}`], { input: text });
}

interface Mounted {
  readonly target: string;
  readonly fstype: string;
  readonly options: string;
  readonly source: string;
}

/** At the base and below it. */
export function mountsOf(machine: Machine): readonly Mounted[] {
  const { stdout, status } = machine.run([
    'findmnt',
    '--json',
    '--list',
    '--output',
    'TARGET,FSTYPE,OPTIONS,SOURCE',
  ]);
  if (status !== 0) return [];
  const { filesystems } = JSON.parse(stdout) as { filesystems: readonly Mounted[] };
  return filesystems.filter(({ target }) => target === BASE || target.startsWith(`${BASE}/`));
}
