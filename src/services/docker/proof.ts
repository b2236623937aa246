// How restored volumes are proved: a dockerd of their own on them, in a network and with a /run of its own, names each; and each has
// as many entries and bytes as it had.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands, Count, ProveHands } from '../backing-up.ts';
import { dockerOf } from './inspected.ts';

/** In no container, no time, and of files with several names each time. */
export async function countsOf(
  hands: Pick<AskHands, 'program' | 'run'>,
  volume: string,
  place: string,
): Promise<readonly Count[]> {
  const sh = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  const [entries = '', bytes = ''] = (await hands.run([sh, '-c', COUNT, 'sh', `${place}/${volume}`]))
    .trim()
    .split(' ');
  return [
    { what: `entries of volume ${volume}`, count: Number(entries), isExact: true },
    { what: `bytes of volume ${volume}`, count: Number(bytes), isExact: true },
  ];
}

/** Sockets cannot be kept. */
const COUNT = `find "$1" -xdev ! -type s -printf '%y %s\\n' |
  awk '{ n += 1; if ($1 == "f") bytes += $2 } END { printf "%d %.0f\\n", n, bytes }'`;

export async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const dockerd = hands.program(
    ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'],
    'docker.io',
  );
  const docker = dockerOf(hands);
  const unshare = hands.program(['/usr/bin/unshare'], 'util-linux');
  const nsenter = hands.program(['/usr/bin/nsenter'], 'util-linux');
  const cat = hands.program(['/usr/bin/cat', '/bin/cat'], 'coreutils');
  const pidFile = `${hands.beside}/dockerd.pid`;
  const ask = async (...words: readonly string[]) => {
    const pid = (await hands.run([cat, pidFile])).trim();
    return await hands.ask([
      nsenter,
      `--mount=/proc/${pid}/ns/mnt`,
      '--',
      docker,
      '--host',
      SOCKET,
      ...words,
    ]);
  };
  await hands.start(
    [
      ...[unshare, '--mount', '--propagation', 'private', '--', 'sh', '-c', APART, 'sh', dockerd],
      `--config-file=${await hands.write('daemon.json', '{}\n')}`,
      `--data-root=${hands.directory}`,
      `--pidfile=${pidFile}`,
      `--host=${SOCKET}`,
      ...['--exec-root=/run/docker', '--storage-driver=vfs', '--bridge=none', '--iptables=false'],
    ] as unknown as readonly [string, ...string[]],
    { isReady: async () => (await ask('version', '--format', '{{.Server.Version}}')) !== '' },
  );
  const there = (await ask('volume', 'ls', '--quiet')).split('\n').filter(Boolean);
  const wanted = (hands.taken.settings?.['volumes'] ?? '').split(' ').filter(Boolean);
  const missing = wanted.filter((name) => !there.includes(name));
  if (missing.length > 0)
    throw notGood(
      `want the volumes ${missing.slice(0, 20).join(', ')}`,
      'found a dockerd that does not know them',
    );
  const counts: Count[] = [];
  for (const name of wanted) {
    const place = (await ask('volume', 'inspect', '--format', '{{.Mountpoint}}', name)).trim();
    if (place !== `${hands.directory}/volumes/${name}/_data`)
      throw notGood(`want volume ${name} among what was restored`, `found it in ${place}`);
    counts.push(...(await countsOf(hands, name, `${hands.directory}/volumes`)));
  }
  await hands.stop();
  return counts;
}

const SOCKET = 'unix:///run/docker.sock';

/** With a /run of its own it finds no containerd but the one that it starts, and nobody finds it. */
const APART = 'mount -t tmpfs -o mode=755 tmpfs /run && exec "$@"';

function notGood(want: string, found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_PROVED', 'cannot call the restored volumes good', { detail: [want, found] }),
  ]);
}
