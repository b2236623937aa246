// Owns what SELinux says on this host: whether it is in force, the rules on record, what the loaded policy knows, and denials. Reads only;
// the files below /sys/fs/selinux answer what is written to them.
import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { type Denial, parseDenials, parseFileContexts, policyIn, type Selinux } from '../../port/selinux.ts';
import { errnoOf } from '../../values/errno.ts';
import { isOnStage } from '../rehearsal/rehearsed-disk.ts';

const SELINUX = '/sys/fs/selinux';
const CONFIG = '/etc/selinux/config';

export function contextFile(policy: string, name: string): string {
  return `/etc/selinux/${policy}/contexts/${name}`;
}

/** null: it is off. On the stage of a rehearsal, too: its labels would not be those of the host. */
export function readSelinux(): Selinux | null {
  const enforcing = textOf(`${SELINUX}/enforce`);
  if (enforcing === null || isOnStage()) return null;
  const policy = policyIn(textOf(CONFIG) ?? '');
  if (policy === null) return null;
  return { enforcing: enforcing.startsWith('1'), policy, rules: readRules(policy) };
}

function readRules(policy: string): Selinux['rules'] {
  try {
    return parseFileContexts(readFileSync(contextFile(policy, 'files/file_contexts.local'), 'utf8'));
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? [] : null;
  }
}

/** Types whose labels belong to who gave them: restorecon(8) leaves them alone, too. */
export function readCustomizable(policy: string): ReadonlySet<string> {
  const text = textOf(contextFile(policy, 'customizable_types')) ?? '';
  return new Set(text.split('\n').filter((line) => line !== ''));
}

/** Those of them that the loaded policy has. */
export function typesKnown(types: readonly string[]): ReadonlySet<string> {
  const range = textOf(`${SELINUX}/mls`)?.startsWith('1') === true ? ':s0' : '';
  return new Set(types.filter((type) => isTaken('context', `system_u:object_r:${type}${range}`)));
}

function isTaken(file: string, text: string): boolean {
  const fd = openSync(`${SELINUX}/${file}`, 'r+');
  try {
    writeSync(fd, `${text}\0`);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** What a directory gets that we make in one with this label. */
export function labelOfNew(parent: string): string {
  const number = textOf(`${SELINUX}/class/dir/index`)?.trim();
  const own = textOf('/proc/thread-self/attr/current')?.replace(/\0$/, '').trim();
  if (number === undefined || own === undefined) return parent;
  const fd = openSync(`${SELINUX}/create`, 'r+');
  try {
    writeSync(fd, `${own} ${parent} ${number}\0`);
    const answer = Buffer.alloc(4096);
    return answer.toString('utf8', 0, readSync(fd, answer, 0, answer.length, 0)).replace(/\0.*$/s, '');
  } catch {
    return parent;
  } finally {
    closeSync(fd);
  }
}

const AUDIT_LOG = '/var/log/audit/audit.log';
/** Of the newest ones. */
const LOG_BYTES = 1024 ** 2;

/** Where no auditd keeps them, those that the kernel still has. Nobody but root finds any. */
export function readDenials(): readonly Denial[] {
  try {
    return parseDenials(endOf(AUDIT_LOG));
  } catch {
    return parseDenials(kernelLog());
  }
}

function endOf(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const { size } = statSync(path);
    const bytes = Buffer.alloc(Math.min(size, LOG_BYTES));
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

const O_NONBLOCK = 0o4000;

/** A record for each read, until there are no more. */
function kernelLog(): string {
  let fd: number;
  try {
    fd = openSync('/dev/kmsg', O_NONBLOCK);
  } catch {
    return '';
  }
  const record = Buffer.alloc(8192);
  const lines: string[] = [];
  try {
    for (;;) {
      try {
        const text = record.toString('utf8', 0, readSync(fd, record, 0, record.length, null));
        if (text.includes('avc:')) lines.push(text.slice(text.indexOf(';') + 1).split('\n')[0] ?? '');
      } catch (error) {
        // EPIPE: the oldest ones were overwritten meanwhile; it goes on behind them.
        if (errnoOf(error) !== 'EPIPE') return lines.join('\n');
      }
    }
  } finally {
    closeSync(fd);
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
