// Owns disks of a booted host: a sparse file behind a loop device, formatted as ext4 or XFS. Both are gone with the last process
// that has the device open. Must not mount any.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoopDisk {
  readonly device: string;
  /** The caller's to close, once somebody else has the device open. */
  readonly fd: number;
  /** Of the file behind it, the caller's to close; null: it was not asked for. */
  readonly image: number | null;
}

export type LoopFormat = 'ext4' | 'xfs';

const MAKE: { readonly [format in LoopFormat]: string } = {
  ext4: 'mkfs.ext4 -q -F -E lazy_journal_init=1',
  xfs: 'mkfs.xfs -q -f',
};
const WITH_UUID: { readonly [format in LoopFormat]: string } = { ext4: '-U ', xfs: '-m uuid=' };

export interface LoopOptions {
  readonly format?: LoopFormat | undefined;
  readonly keepsImage?: boolean;
  /** Of the file system; left out: any. */
  readonly uuid?: string | undefined;
}

/** `size`: as truncate(1) takes it. */
export function makeLoopDisk(
  size: string,
  { format = 'ext4', keepsImage = false, uuid }: LoopOptions = {},
): LoopDisk {
  const directory = mkdtempSync(join(tmpdir(), 'loop-disk-'));
  try {
    const image = join(directory, 'image');
    sh('truncate --size="$2" "$1"', image, size);
    sh(
      `PATH=$PATH:/usr/sbin ${MAKE[format]} ${uuid === undefined ? '' : WITH_UUID[format] + uuid} "$1"`,
      image,
    );
    const device = sh('PATH=$PATH:/usr/sbin losetup --find --show "$1"', image).trim();
    const fd = openSync(device, 'r');
    // While it is open: when it no longer is.
    sh('PATH=$PATH:/usr/sbin losetup --detach "$1"', device);
    return { device, fd, image: keepsImage ? openSync(image, 'r') : null };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function sh(script: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script, 'sh', ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot make a disk: ${script}: ${stderr}`);
  return stdout;
}
