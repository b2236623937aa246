// How this host gives directories their projects, and projects their limits. That limits hold at all is tried first, on a file without
// a name: some kernels count and hold nothing.
import { closeSync, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { FIRST_PROJECT } from '../../layout/quota.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { LongProgress } from '../../port/host.ts';
import { describeOperation, type OperationOf } from '../../port/operation.ts';
import { limitExceeded, limitsText } from '../../port/operations/project.ts';
import { errnoOf } from '../../values/errno.ts';
import { formatBytes } from '../../values/size.ts';
import { changedSince } from '../changed-since.ts';
import { mountOf } from '../disk.ts';
import { asIdentity, O_RDONLY, O_RDWR, O_TMPFILE, openAt, RESOLVE, statusAt } from '../syscalls.ts';
import type { Tree } from '../tree.ts';
import { passing } from '../tree-pass.ts';
import { counted, renumber, setLimits, type Where } from './calls.ts';
import { deviceOf, limitsIn } from './quota-of.ts';
import { renumberTree } from './renumber-tree.ts';

type SettingProject = OperationOf<'setProject'>;
type SettingLimits = OperationOf<'setProjectLimits'>;

/** Pauses now and then. */
export function settingProject(tree: Tree, operation: SettingProject): Generator<LongProgress, void> {
  const { from, to } = operation;
  return passing(tree, operation, {
    work: (fd) => renumberTree(fd, { from, to }),
    refusal: { code: 'E_PROJECT_LEFT', summary: 'cannot give every file its project' },
  });
}

export function limitProject(tree: Tree, operation: SettingLimits): void {
  const { path, project, from, to } = operation;
  tree.within(path, O_RDONLY, (fd) => {
    const mount = mountOf(fd);
    const where = { fd, device: deviceOf(fd, mount.source) };
    const found = limitsIn(fd, mount, project);
    if (found === null || limitsText(found) !== limitsText(from))
      throw changedSince(path, [
        `want: ${describeOperation(operation)}`,
        `found: ${found === null ? 'no project quotas' : limitsText(found)}`,
      ]);
    const exceeded = limitExceeded(path, counted(where, project).usedBytes, to.hardBytes);
    if (exceeded !== null) throw new Problem(EXIT.failed, [exceeded]);
    if (to.hardBytes !== null) tryLimits(where, mount.mountPoint);
    setLimits(where, project, to);
    reachDisk(fd);
  });
}

/**
 * No call flushes a limit alone. A file without a name comes later in the journal of the file system: flushed, all before it is on the
 * disk, without what services have written meanwhile (syncfs(2) would wait for that, too).
 */
function reachDisk(fd: number): void {
  const file = openNameless(fd);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const openNameless = (fd: number) =>
  openAt(fd, '.', { flags: O_TMPFILE | O_RDWR, resolve: RESOLVE.noLinks | RESOLVE.beneath, mode: 0o600 });

/** Of nobody's files but that of the trial. */
const TRIAL_PROJECT = FIRST_PROJECT - 1;
const TRIAL_BYTES = 1024 ** 2;
const NOBODY = { uid: 65_534, gid: 65_534, groups: [] };

/** File systems, by number, on which they held. */
const held = new Set<string>();

/** As another user than root: ext4 does not limit root. */
function tryLimits(where: Where, mountPoint: string): void {
  const { device } = statusAt(where.fd, '');
  if (held.has(device)) return;
  const file = openNameless(where.fd);
  let written = 0;
  try {
    if (!renumber(file, { project: TRIAL_PROJECT, inherits: false }))
      throw notHeld(mountPoint, 'it takes no project');
    setLimits(where, TRIAL_PROJECT, { softBytes: null, hardBytes: TRIAL_BYTES });
    const { hardBytes } = counted(where, TRIAL_PROJECT);
    if (hardBytes !== TRIAL_BYTES)
      throw notHeld(mountPoint, `a limit of ${hardBytes} bytes after it was set`);
    written = asIdentity(NOBODY, () => writeUntilRefused(file));
    ftruncateSync(file, 0);
  } finally {
    closeSync(file);
    setLimits(where, TRIAL_PROJECT, { softBytes: null, hardBytes: null });
  }
  if (written > TRIAL_BYTES) throw notHeld(mountPoint, `${formatBytes(written)} written past it`);
  held.add(device);
}

/** How many bytes were taken. */
function writeUntilRefused(file: number): number {
  const block = Buffer.alloc(64 * 1024, 1);
  let written = 0;
  try {
    while (written < 4 * TRIAL_BYTES) written += writeSync(file, block, 0, block.length, written);
  } catch (error) {
    if (!['EDQUOT', 'ENOSPC'].includes(errnoOf(error) ?? '')) throw error;
  }
  return written;
}

function notHeld(mountPoint: string, found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_LIMITS_DO_NOT_HOLD', 'refusing to rely on limits that this file system does not hold', {
      at: mountPoint,
      detail: [
        `want a limit of ${formatBytes(TRIAL_BYTES)} that holds for another user than root`,
        `found ${found}`,
      ],
      hint: 'say `quota: account` in the layout, so that use is counted alone; see: sudo dmesg | tail',
    }),
  ]);
}
