// Owns the hosts on which the documents are followed: what each has before the first command is typed, and how one types.
import { layOutKafka, layOutUnit } from '../servers/kafka.ts';
import { bindsOf, directoryOf } from '../servers/parts.ts';
import { type BootedHost, bootHost } from './booted-host.ts';
import { type HostOptions, REPOSITORY, type RunResult, startHost } from './throwaway-host.ts';

/** Where a reader has cloned it. */
export const CHECKOUT = '/opt/jts-hot';

/** What a document may ask for: a host without servers, a booted Debian with them, or one with Kafka unpacked and a unit for it. */
export type HostKind = 'plain' | 'servers' | 'kafka';

const BOOTED = [
  'root',
  'overlay in a private mount namespace',
  'systemd-nspawn',
  'loop device',
  'real servers',
] as const;
export const NEEDS = {
  plain: ['root', 'overlay in a private mount namespace', 'useradd'],
  servers: BOOTED,
  kafka: BOOTED,
} as const;

export interface DocumentHost extends Disposable {
  /** In the checkout, as root. */
  type(command: string): RunResult;
  /** Where the test finds an absolute path of the host. */
  path(inside: string): string;
}

const SUDO = `printf '#!/bin/sh\\nexec "$@"\\n' > /usr/local/bin/sudo
chmod 755 /usr/local/bin/sudo`;

/** With a disk of 4 TiB (a tmpfs: nobody fills it), not in a container, with a sudo that asks nothing. */
export const PLAIN: HostOptions = {
  freshAccounts: true,
  mounted: ['/var'],
  disks: [{ at: '/data/jts/hot', size: '4t' }],
  prepare: `
    rm -f /.dockerenv /run/.containerenv /run/systemd/container
    mkdir -p ${CHECKOUT}
    ${SUDO}`,
};

export function startDocumentHost(kind: HostKind): DocumentHost {
  switch (kind) {
    case 'plain':
      return plainHost();
    case 'servers':
      return typedOn(debian({}, SUDO));
    case 'kafka': {
      const host = debian(bindsOf(['kafka-4']), `${SUDO}\n${ALONE}`);
      layOutKafka(host);
      layOutUnit(host);
      return typedOn(host);
    }
    default:
      return kind satisfies never;
  }
}

function plainHost(): DocumentHost {
  const host = startHost(PLAIN);
  host.run(['mount', '--bind', REPOSITORY, CHECKOUT]);
  return {
    type: (command) => host.run(shell(command), { cwd: CHECKOUT }),
    path: host.path,
    [Symbol.dispose]: host.stop,
  };
}

/** Sparse, as it is: 4.4 TB on a real disk of that size. */
const SIZE = '4400G';

const ALONE = 'systemctl disable postgresql redis-server clickhouse-server docker 2>/dev/null || true';

/** PostgreSQL, Redis, ClickHouse and Docker of Debian 12 run on it, as their packages left them. */
function debian(binds: Readonly<Record<string, string>>, prepare: string): BootedHost {
  return bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: '/data/jts/hot', size: SIZE }],
    binds: { [CHECKOUT]: REPOSITORY, ...binds },
    prepare,
  });
}

function typedOn(host: BootedHost): DocumentHost {
  return {
    type: (command) => host.run(shell(`cd ${CHECKOUT}\n${command}`), { timeoutMs: 120_000 }),
    path: host.path,
    [Symbol.dispose]: host.stop,
  };
}

function shell(command: string): readonly string[] {
  return ['sh', '-c', `exec 2>&1\n${command}`];
}
