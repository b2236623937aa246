// Makes docs/watch.svg: node test/picture/watch.ts. Runs the real `monitor --watch` on a real terminal of a throwaway
// host, on an ext4 of 4 TB (sparse: its files are allocated, not written) while files grow in it.
// Must not touch this machine's /data.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jtsHot, runJtsHot } from '../e2e/product.ts';
import { REPOSITORY, startHost } from '../e2e/throwaway-host.ts';
import { type Cell, cellsOf, linesOf, svgOf } from './screen.ts';

export const PICTURE = join(REPOSITORY, 'docs/watch.svg');
const BASE = '/data/jts/hot';
const SCREEN = { columns: 90, rows: 17 };
const DEADLINE_MS = 60_000;

/** Parts of the plan that are used before anybody watches, in GB: one service is beyond its warning, one critical. */
const USED_GB = {
  'postgresql/data/16384': 412,
  'clickhouse/data/part': 1260,
  'kafka/data/segment': 559,
  'mongodb/data/collection': 97,
  'redis/data/dump': 18,
  'docker/volumes/disk': 205,
  'backup/daily/full': 240,
} as const;

/** What grows in every second, in MB. */
const GROWS_MB = {
  'postgresql/data/wal': 31,
  'clickhouse/data/merge': 118,
  'kafka/data/newest': 240,
} as const;

/** The screen as it is after so many measurements. */
export async function watchedScreen(measurements: number): Promise<readonly (readonly Cell[])[]> {
  using host = startHost({
    freshAccounts: true,
    prepare: `
        mkdir -p ${BASE} /run/picture
        truncate -s 4TB /var/tmp/disk.img
        mkfs.ext4 -q -m 0 -O bigalloc,^has_journal -C 1048576 -N 100000 -E nodiscard,lazy_itable_init=1 /var/tmp/disk.img`,
  });
  const inside = (script: string) => {
    const { status, stderr } = host.run(['sh', '-ec', script], { cwd: '/run/picture' });
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
  };
  inside(`[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
      for i in $(seq 0 31); do [ -e /dev/loop$i ] || mknod /dev/loop$i b 7 $i; done
      mount -o loop /var/tmp/disk.img ${BASE}
      rmdir ${BASE}/lost+found`);
  try {
    runJtsHot(host, ['setup']);
    inside(
      Object.entries(USED_GB)
        .map(([file, size]) => `fallocate -l ${size}GB ${BASE}/${file}`)
        .join('\n'),
    );
    const watch = jtsHot('monitor', '--watch', '1').join(' ');
    inside(
      `printf '%s\\n' 'stty rows ${SCREEN.rows} cols ${SCREEN.columns}' 'exec ${watch}' > lines; mkfifo keys`,
    );
    const terminal = 'exec script -qefc "exec sh lines" /dev/null 0<>keys';
    const process = host.spawn(['sh', '-c', terminal], {
      cwd: '/run/picture',
      env: { TERM: 'xterm-256color', SHELL: '/bin/sh' },
    });
    let output = '';
    process.stdout.on('data', (bytes: string) => {
      output += bytes;
    });
    const deadline = Date.now() + DEADLINE_MS;
    const measured = () => output.split('measuring').length - 1;
    // A slow measurement says more than once that it is measuring.
    const isDrawn = () =>
      /by the last/.test(output) && /next in/.test(output.slice(output.lastIndexOf('measuring')));
    for (let second = 1; measured() <= measurements || !isDrawn(); ) {
      if (Date.now() > deadline) throw new Error(`no measurements: ${JSON.stringify(output.slice(-1000))}`);
      const script = Object.entries(GROWS_MB).map(
        ([file, size]) => `fallocate -l ${second * size}MB ${BASE}/${file}`,
      );
      inside(script.join('\n'));
      second += 1;
      await sleep(900);
    }
    const cells = cellsOf(output, SCREEN);
    inside(`printf q > keys`);
    await process.ended;
    return cells;
  } finally {
    host.run(['umount', BASE]);
  }
}

if (import.meta.main) {
  const cells = await watchedScreen(6);
  writeFileSync(PICTURE, svgOf(cells, 'jts-hot monitor --watch, on a terminal'));
  console.log(linesOf(cells).join('\n'));
}
