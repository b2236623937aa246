// Owns what the choice of a file system's options depends on: the kernel that runs, and the programs that make file systems.
import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { FileSystemMakers } from '../../port/file-system-on.ts';
import { askAtOnce } from './ask-at-once.ts';
import { parseXfsprogs } from './superblock-output.ts';

const TIMEOUT_MS = 5000;

export function fileSystemMakers(): FileSystemMakers {
  const [said] = askAtOnce([['mkfs.xfs', '-V']], TIMEOUT_MS);
  const kernel = release();
  return {
    kernel,
    keepsQuotas: keepsQuotas(configurationOf(kernel)),
    cores: availableParallelism(),
    xfsprogs: said?.ended === 'exit' ? parseXfsprogs(said.output.toString('utf8')) : null,
  };
}

function keepsQuotas(configuration: string | null): boolean {
  return configuration === null || /^CONFIG_QFMT_V2=[ym]$/m.test(configuration);
}

/** null: this kernel does not say how it was built. */
function configurationOf(kernel: string): string | null {
  try {
    return readFileSync(`/boot/config-${kernel}`, 'utf8');
  } catch {
    try {
      return gunzipSync(readFileSync('/proc/config.gz')).toString('utf8');
    } catch {
      return null;
    }
  }
}
