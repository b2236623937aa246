// `bench` on NVMe disks that have serial numbers, below LVM and XFS, with this machine's own fio: a loop device has none.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { it } from 'node:test';
import type { BenchResult } from '../../src/baseline/baseline-document.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

/** An emulated machine takes its time. */
const PATIENCE = { timeoutMs: 400_000 };

it('knows the disks of a hot tier by their serial numbers, through LVM', (t) => {
  // Beside all other tests, an emulated disk is too slow to be measured at all.
  if (!requires(t, 'root', 'virtual machine', 'fio') || !isForFull(t)) return;
  const { image, close } = fioImage();
  using machine = startMachine();
  putProduct(machine);
  const [one, other] = ['BENCH1', 'BENCH2'].map((serial) => makeDisk({ serial, sizeBytes: 2 ** 36 })) as [
    ReturnType<typeof makeDisk>,
    ReturnType<typeof makeDisk>,
  ];
  for (const disk of [one, other]) machine.plug(disk);
  try {
    const script = `
      pvcreate -q "$1" "$2" && vgcreate -q hot "$1" "$2" && lvcreate -q -y -n data -i 2 -l 100%FREE hot
      mkfs.xfs -q /dev/hot/data && mkdir -p /data/jts/hot /opt/fio && mount /dev/hot/data /data/jts/hot
      mount -o ro "$3" /opt/fio && ln -s /opt/fio/run /usr/local/sbin/fio`;
    mustRun(machine, ['sh', '-euc', script, 'sh', one.path, other.path, machine.plugImage(image, 'fio')]);
    jtsHot(machine, ['setup'], 0, PATIENCE);
    const run = machine.run(['jts-hot', 'bench', '--now', '-j'], PATIENCE);
    // How fast it is says nothing here.
    assert.ok(run.status === 0 || run.status === 1, run.stderr + run.stdout);
    const result = JSON.parse(run.stdout).result as BenchResult | null;
    assert.ok(result?.baseline, run.stdout);
    const { baseline } = result;
    assert.equal(baseline.disk.id, 'serial:BENCH1+BENCH2');
    assert.deepEqual(baseline.disk.models, ['QEMU NVMe Ctrl']);
    assert.ok(
      baseline.disk.names.length === 2 && baseline.disk.names.every((name) => /^nvme\d+n1$/.test(name)),
    );
    assert.deepEqual([baseline.fileSystem.type, baseline.file.direct], ['xfs', true]);
    const shown = mustRun(machine, ['jts-hot', 'history', 'disk']);
    assert.match(shown, /disk serial:BENCH1\+BENCH2, bench --quick: measured on/);
    t.diagnostic(shown);
  } finally {
    close();
  }
});

/** fio of this machine and the libraries that it needs, as a disk to be read. */
function fioImage(): { readonly image: string; readonly close: () => void } {
  const scratch = mkdtempSync('/var/tmp/machine-fio-');
  try {
    const tree = join(scratch, 'tree');
    mkdirSync(join(tree, 'lib'), { recursive: true });
    const fio = output('sh', '-c', 'PATH=$PATH:/usr/sbin; command -v fio').trim();
    output('cp', '--dereference', fio, join(tree, 'fio'));
    const needed = [...output('ldd', fio).matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
    output('cp', '--dereference', ...needed, join(tree, 'lib'));
    const loader = needed.find((path) => basename(path).startsWith('ld-linux')) ?? '';
    const run = `#!/bin/sh\nexec /opt/fio/lib/${basename(loader)} --library-path /opt/fio/lib /opt/fio/fio "$@"\n`;
    writeFileSync(join(tree, 'run'), run, { mode: 0o755 });
    const file = join(scratch, 'image');
    output('chown', '-R', '0:0', tree);
    output('truncate', '-s', '256M', file);
    output('mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', tree, file);
    const fd = openSync(file, 'r');
    return { image: `/proc/${process.pid}/fd/${fd}`, close: () => closeSync(fd) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function output(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  if (status !== 0) throw new Error(`${program}: exit status ${status}: ${stderr}`);
  return stdout;
}
