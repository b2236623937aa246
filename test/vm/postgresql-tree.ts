// Owns how PostgreSQL is put into a virtual machine: out of the tree of Debian that test/servers has, with the libraries that it needs,
// as a tar on a disk that is only read. The machine's image is as small as before. Must not start it.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../servers/parts.ts';
import { type Machine, mustRun } from './machine.ts';

export const POSTGRESQL_BIN = '/usr/lib/postgresql/15/bin';
const PROGRAMS = ['postgres', 'initdb', 'psql'];

/** What it compiles queries with takes more room than all else. */
const PACK = `cd "$1"
libraries=$(for one in ${PROGRAMS.join(' ')}; do chroot . ldd "${POSTGRESQL_BIN}/$one"; done |
  sed -n 's#.* => /\\(.*\\) (0x.*#\\1#p' | sort -u)
exec tar -chf "$2" --exclude='*llvm*' --exclude='*/bitcode/*' ${PROGRAMS.map((one) => `${POSTGRESQL_BIN.slice(1)}/${one}`).join(' ')} \\
  usr/lib/postgresql/15/lib usr/share/postgresql/15 $libraries`;

/** Labelled as its package would be. */
export function putPostgresql(machine: Machine): void {
  const tree = placeOf('debian-12');
  if (tree === null) throw new Error('the tree of Debian is not here: run test/servers/install.sh');
  const scratch = mkdtempSync('/var/tmp/machine-postgresql-');
  try {
    const tar = join(scratch, 'tar');
    const made = spawnSync('sh', ['-euc', PACK, 'sh', tree, tar], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`cannot pack PostgreSQL: ${made.stderr}`);
    const fd = openSync(tar, 'r');
    process.on('exit', () => closeSync(fd));
    const device = machine.plugImage(`/proc/${process.pid}/fd/${fd}`, 'postgresql');
    // Libraries that are there are in use.
    mustRun(machine, ['tar', '-xf', device, '-C', '/', '--skip-old-files', '--no-same-owner']);
    mustRun(machine, ['sh', '-euc', 'ldconfig; restorecon -R /usr/lib/postgresql /usr/share/postgresql']);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
