// Owns how dockerd is run on a booted host from a daemon.json, and asked. Its words lie in a directory that it keeps for
// containers; its image is made of the host's busybox.
import type { Asked, Server } from './server.ts';

export const IMAGE = 'busybox';

const MAKE_IMAGE = `docker image inspect ${IMAGE} >/dev/null 2>&1 && exit
at=$(mktemp -d)
mkdir "$at/bin"
cp /bin/busybox "$at/bin"
ln -s busybox "$at/bin/sh"
tar -C "$at" -c . | docker import - ${IMAGE}
rm -r "$at"`;

export function docker(): Server {
  const inContainer = ({ asUser }: Asked, script: string, input?: string) => {
    const run = ['docker', 'run', '--rm', '--interactive', '--volume', 'words:/words', IMAGE];
    return asUser([...run, '/bin/sh', '-c', script], input);
  };
  return {
    name: 'dockerd',
    argv: (configFile) => ['/usr/sbin/dockerd', `--config-file=${configFile}`],
    stopSignal: 'TERM',
    stopped: [0],
    ping: ({ asUser }) => void asUser(['docker', 'version']),
    write(asked, words) {
      makeImage(asked);
      inContainer(asked, 'cat >> /words/words', `${words.join('\n')}\n`);
    },
    read: (asked) => inContainer(asked, 'cat /words/words').split('\n').slice(0, -1),
  };
}

export function makeImage({ asUser }: Pick<Asked, 'asUser'>): void {
  asUser(['sh', '-ec', MAKE_IMAGE]);
}
