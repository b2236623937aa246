// Owns the system calls of project quotas: the project of a file, and what the kernel counts and allows for one. Numbers in,
// answers out; what they mean to a service is not known here. Structures: linux/fs.h, linux/dqblk_xfs.h, linux/quota.h.
import { constants as system } from 'node:os';
import koffi from 'koffi';
import type { DirectoryProject, ProjectLimits, ProjectQuota } from '../../port/project-quota.ts';
import { encodeName } from '../../values/file-name.ts';
import { allocate } from '../scan/calls.ts';
import { SystemError } from '../syscalls.ts';

const libc = koffi.load(null);
const c = {
  quotactlFd: libc.func('long syscall(long number, uint32_t fd, uint32_t command, uint32_t id, void *about)'),
  quotactl: libc.func('long syscall(long number, uint32_t command, void *device, uint32_t id, void *about)'),
  ioctl: libc.func('int ioctl(int fd, ulong request, void *argument)'),
  ioctlAt: libc.func('int ioctl(int fd, ulong request, uintptr_t argument)'),
};

/** quotactl_fd(2), since Linux 5.14, the same on all machines; quotactl(2) before. */
const QUOTACTL_FD = 443;
const QUOTACTL = process.arch === 'arm64' ? 60 : 179;

/** QCMD(Q_X…, PRJQUOTA) */
const command = (number: number) => (((0x5800 + number) << 8) | 2) >>> 0;
const COMMANDS = { get: command(3), setLimits: command(4), state: command(8), next: command(9) } as const;

/** FS_IOC_FSGETXATTR and FS_IOC_FSSETXATTR of struct fsxattr: u32 xflags, extsize, nextents, projid, cowextsize, pad[8]. */
const ATTRIBUTES = { get: 0x801c581f, set: 0x401c5820, bytes: 28, flagsAt: 0, projectAt: 12 } as const;
const PROJECT_INHERITED = 0x200;

const attributes = Buffer.alloc(ATTRIBUTES.bytes);

/** Of an open file or directory; null: its file system keeps no such thing. */
export function projectOf(fd: number): DirectoryProject | null {
  if (c.ioctl(fd, ATTRIBUTES.get, attributes) !== 0) {
    const error = new SystemError('ioctl', koffi.errno());
    if (WITHOUT.has(error.code)) return null;
    throw error;
  }
  return {
    project: attributes.readUInt32LE(ATTRIBUTES.projectAt),
    inherits: (attributes.readUInt32LE(ATTRIBUTES.flagsAt) & PROJECT_INHERITED) !== 0,
  };
}

const WITHOUT: ReadonlySet<string> = new Set(['ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL']);

/** Whose quotas are asked for: by any file that is open there; its device is for kernels that take nothing else. */
export interface Where {
  readonly fd: number;
  /** The path of the device; null: it has none. */
  readonly device: string | null;
}

let takesDescriptors = true;

function control({ fd, device }: Where, number: number, id: number, about: Buffer): void {
  if (takesDescriptors) {
    if (c.quotactlFd(QUOTACTL_FD, fd, number, id, about) === 0) return;
    const errno = koffi.errno();
    // ENOSYS has three meanings: no such call, no quotas in the kernel, none on this file system.
    if (errno !== system.errno.ENOSYS || hasCall()) throw new SystemError('quotactl', errno);
    takesDescriptors = false;
  }
  if (device === null) throw new SystemError('quotactl', system.errno.ENOSYS);
  if (c.quotactl(QUOTACTL, number, encodeName(device), id, about) !== 0)
    throw new SystemError('quotactl', koffi.errno());
}

/** A kernel that has the call says that the descriptor is none. */
function hasCall(): boolean {
  return (
    c.quotactlFd(QUOTACTL_FD, 0xffffffff, COMMANDS.state, 0, Buffer.alloc(STATE.bytes)) === 0 ||
    koffi.errno() !== system.errno.ENOSYS
  );
}

/** struct fs_quota_statv, version 1, and FS_QUOTA_PDQ_ACCT, FS_QUOTA_PDQ_ENFD. */
const STATE = { bytes: 160, flagsAt: 2, counts: 0x10, limits: 0x20 } as const;

export interface QuotaState {
  readonly counts: boolean;
  readonly limits: boolean;
}

/** Of projects. Throws SystemError: ENOSYS where nothing is counted, too. */
export function quotaState(where: Where): QuotaState {
  const answer = Buffer.alloc(STATE.bytes);
  answer[0] = 1;
  control(where, COMMANDS.state, 0, answer);
  const flags = answer.readUInt16LE(STATE.flagsAt);
  return { counts: (flags & STATE.counts) !== 0, limits: (flags & STATE.limits) !== 0 };
}

/** struct fs_disk_quota; blocks of 512 bytes. */
const QUOTA = { bytes: 112, version: 1, project: 2, block: 512n } as const;
const AT = {
  version: 0,
  flags: 1,
  mask: 2,
  id: 4,
  hard: 8,
  soft: 16,
  blocks: 40,
  inodes: 48,
  timer: 60,
  timerHigh: 69,
} as const;
/** FS_DQ_BSOFT | FS_DQ_BHARD */
const BLOCK_LIMITS = 0x4 | 0x8;
/** FS_DQ_BIGTIME */
const BIG_TIMES = 1 << 15;

export type Counted = Omit<ProjectQuota, 'isGraceOver'>;

/** What is counted for a project; of one that nothing belongs to yet, nothing. Throws SystemError. */
export function counted(where: Where, project: number): Counted {
  const answer = Buffer.alloc(QUOTA.bytes);
  try {
    control(where, COMMANDS.get, project, answer);
  } catch (error) {
    if (!isNone(error)) throw error;
    return { project, usedBytes: 0, usedInodes: 0, softBytes: null, hardBytes: null, graceEndsAt: null };
  }
  return countedIn(answer);
}

/** The first of this id or a higher one; null: there is none. */
export function nextCounted(where: Where, project: number): Counted | null {
  const answer = Buffer.alloc(QUOTA.bytes);
  try {
    control(where, COMMANDS.next, project, answer);
  } catch (error) {
    if (!isNone(error)) throw error;
    return null;
  }
  return countedIn(answer);
}

function isNone(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

function countedIn(answer: Buffer): Counted {
  const bytesAt = (at: number) => Number(answer.readBigUInt64LE(at) * QUOTA.block);
  const limitAt = (at: number) => bytesAt(at) || null;
  return {
    project: answer.readUInt32LE(AT.id),
    usedBytes: bytesAt(AT.blocks),
    usedInodes: Number(answer.readBigUInt64LE(AT.inodes)),
    softBytes: limitAt(AT.soft),
    hardBytes: limitAt(AT.hard),
    graceEndsAt: timerIn(answer),
  };
}

/** Seconds since the epoch, of 40 bits where the kernel says so (FS_DQ_BIGTIME). */
function timerIn(answer: Buffer): number | null {
  const isBig = (answer.readUInt16LE(AT.mask) & BIG_TIMES) !== 0;
  const seconds = answer.readUInt32LE(AT.timer) + (isBig ? answer.readInt8(AT.timerHigh) * 2 ** 32 : 0);
  return seconds === 0 ? null : seconds * 1000;
}

/** Of bytes; null: none. Rounded down to what the kernel counts in. Throws SystemError. */
export function setLimits(where: Where, project: number, limits: ProjectLimits): void {
  const wanted = Buffer.alloc(QUOTA.bytes);
  wanted[AT.version] = QUOTA.version;
  wanted[AT.flags] = QUOTA.project;
  wanted.writeUInt16LE(BLOCK_LIMITS, AT.mask);
  wanted.writeUInt32LE(project, AT.id);
  wanted.writeBigUInt64LE(BigInt(limits.hardBytes ?? 0) / QUOTA.block, AT.hard);
  wanted.writeBigUInt64LE(BigInt(limits.softBytes ?? 0) / QUOTA.block, AT.soft);
  control(where, COMMANDS.setLimits, project, wanted);
}

const scratch = allocate(ATTRIBUTES.bytes);
const words = new Uint32Array(scratch.bytes.buffer, scratch.bytes.byteOffset, ATTRIBUTES.bytes / 4);
const [FLAGS_WORD, PROJECT_WORD] = [ATTRIBUTES.flagsAt / 4, ATTRIBUTES.projectAt / 4] as const;

/** Of millions, without anything thrown or allocated: the project of an open file; -1: see `errno`. */
export function projectNumber(fd: number): number {
  return c.ioctlAt(fd, ATTRIBUTES.get, scratch.address) === 0 ? (words[PROJECT_WORD] as number) : -1;
}

/** All else of it stays. false: see `errno`. */
export function renumber(fd: number, { project, inherits }: DirectoryProject): boolean {
  if (c.ioctlAt(fd, ATTRIBUTES.get, scratch.address) !== 0) return false;
  const flags = (words[FLAGS_WORD] as number) & ~PROJECT_INHERITED;
  words[FLAGS_WORD] = (inherits ? flags | PROJECT_INHERITED : flags) >>> 0;
  words[PROJECT_WORD] = project;
  return c.ioctlAt(fd, ATTRIBUTES.set, scratch.address) === 0;
}
