// Owns where the machine's image is that test/servers/install.sh makes, and the state that machines start from: saved once,
// beside the image, when the machine has come up. Run as a program it saves that state.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../e2e/holder.ts';
import { placeOf } from '../servers/parts.ts';
import { HARDWARE, KERNEL_WORDS, request, startQemu } from './qemu.ts';
import { waitForTurn } from './turn.ts';

/** null: it is not made here. */
export function imageDirectory(): string | null {
  return placeOf('machine-debian-12');
}

/** Runs in the machine before its state is saved: what tests would otherwise wait for, each of them. */
const WARM_UP = `systemctl is-system-running --wait
modprobe -a xfs ext4 dm-mod dm-thin-pool quota_v2 nvme
udevadm settle
sync
fstrim /
echo 3 >/proc/sys/vm/drop_caches`;

export interface Image {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
  readonly state: string;
}

/** Saves the state first where it is not there. `kernelWords`: beside those of every machine; each has a state of its own. */
export function warmImage(kernelWords = ''): Image {
  const place = imageDirectory();
  if (place === null) throw new Error('the image of the machine is not here: run test/servers/install.sh');
  const warm = join(place, `warm-${inputs(kernelWords)}`);
  if (!existsSync(warm)) {
    const lock = join(place, 'warm.lock');
    const { status, stderr } = spawnSync(
      'flock',
      [lock, process.execPath, import.meta.filename, warm, kernelWords],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`cannot save the state of the machine: ${stderr}`);
  }
  return imageAt(place, warm);
}

function imageAt(place: string, warm: string): Image {
  const inPlace = (name: string) => join(place, name);
  return {
    kernel: inPlace('vmlinuz'),
    initrd: inPlace('initrd'),
    root: join(warm, 'root.qcow2'),
    state: join(warm, 'state'),
  };
}

/** The image, with what made it and the version of QEMU, is in the name of its directory. */
function inputs(kernelWords: string): string {
  const more = kernelWords === '' ? [] : [kernelWords];
  const hash = createHash('sha256').update(JSON.stringify([HARDWARE, KERNEL_WORDS, WARM_UP, ...more]));
  return hash.digest('hex').slice(0, 12);
}

export function makeOverlay(
  file: string,
  { of, format }: { readonly of: string; readonly format: string },
): void {
  makeDiskFile('create', '-q', '-f', 'qcow2', '-F', format, '-b', of, file);
}

/** All of it, raw. */
export function makeCopy(file: string, { of }: { readonly of: string }): void {
  makeDiskFile('convert', '-O', 'raw', of, file);
}

function makeDiskFile(...words: readonly string[]): void {
  const made = spawnSync('qemu-img', words, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`cannot make a disk: ${made.stderr}`);
}

const BOOT_TIMEOUT_MS = 300_000;

function saveState(place: string, warm: string, kernelWords: string): void {
  waitForTurn();
  const making = mkdtempSync(join(place, '.making-'));
  const image = imageAt(place, making);
  makeOverlay(image.root, { of: join(place, 'root.img'), format: 'raw' });
  const qemu = startQemu({
    kernel: image.kernel,
    initrd: image.initrd,
    root: { file: image.root, format: 'qcow2' },
    kernelWords,
  });
  try {
    qemu.command('cont');
    qemu.agent.line(BOOT_TIMEOUT_MS);
    qemu.agent.write(request(['sh', '-c', WARM_UP], { number: 0, seconds: 200, input: '' }));
    const [, , out = '0', err = '0'] = qemu.agent.line(BOOT_TIMEOUT_MS).split(' ');
    const said = qemu.agent.bytes(Number(out) + Number(err), BOOT_TIMEOUT_MS).toString();
    if (!said.startsWith('running\n')) throw new Error(`the machine did not come up well: ${said}`);
    qemu.command('stop');
    qemu.command('migrate-set-parameters', { 'max-bandwidth': 2 ** 33 });
    qemu.command('migrate', { uri: `exec:cat > ${image.state}` });
    for (;;) {
      const { status, ...more } = qemu.command('query-migrate') as { status: string };
      if (status === 'completed') break;
      if (status === 'failed') throw new Error(`cannot save its state: ${JSON.stringify(more)}`);
      sleep(20);
    }
    qemu.quit();
    renameSync(making, warm);
  } catch (error) {
    console.error(qemu.console());
    throw error;
  } finally {
    qemu.kill();
    rmSync(making, { recursive: true, force: true });
  }
  // Those of former versions of this file.
  const aWeekAgo = Date.now() - 7 * 86_400_000;
  for (const name of readdirSync(place).filter((one) => /^(warm-\w+|\.making-.*)$/.test(one)))
    if (statSync(join(place, name)).mtimeMs < aWeekAgo) rmSync(join(place, name), { recursive: true });
}

if (import.meta.main) {
  const [, , warm = '', kernelWords = ''] = process.argv;
  const place = imageDirectory();
  // Another one may have been faster.
  if (place !== null && !existsSync(warm)) saveState(place, warm, kernelWords);
}
