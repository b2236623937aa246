// Owns what can be said of the messages of a service, as data: what each means, and what to look at next. Must not know any service.

/** A message that a server prints where something is wrong. */
export interface Meaning {
  /** Stable, below its service: `data-missing`. */
  readonly id: string;
  /** One line of what it prints. Its named groups may stand in `means` and `hint` as `{name}`. */
  readonly says: RegExp;
  /** Of which it is known. */
  readonly versions: string;
  readonly means: string;
  /** IDs of checks of `validate` that find the same, and have the fix; the service stands in them as `{service}`. */
  readonly checks: readonly string[];
  /** The command that mends it, where no such check failed; left out: none is known that is safe. */
  readonly fix?: string;
  /** What to do, or to look at, then. */
  readonly hint: string;
}

export interface DiagnosisFacet {
  /** Where packages have it log to, beside the layout's directories for logs. In each part of such a path `*` stands for any name. */
  readonly logs: readonly string[];
  /** What it says once it is up: what stands before that is over. null: nothing that tells. */
  readonly isUp: RegExp | null;
  /** Of two that fit one line the first is meant. */
  readonly meanings: readonly Meaning[];
}

/** What the kernel says to any of them, in its own words. The last of all. */
export const KERNEL_SAYS: readonly Meaning[] = [
  {
    id: 'no-room',
    says: /No space left on device|no space left on device/,
    versions: 'all',
    means: 'there is no room left for it: the disk, its inodes, or its quota',
    checks: [
      'space.free',
      'space.free.{service}',
      'space.inodes',
      'space.inodes.{service}',
      'space.quota.{service}',
    ],
    hint: 'see what takes the space: sudo jts-hot usage {service}',
  },
  {
    id: 'quota',
    says: /Disk quota exceeded/,
    versions: 'all',
    means: 'its quota is used up',
    checks: ['space.quota.{service}'],
    hint: 'see what takes the space: sudo jts-hot usage {service}',
  },
  {
    id: 'read-only',
    says: /[Rr]ead-only file system|File is read-only/,
    versions: 'all',
    means: 'what it writes to is read-only: the file system, or to its unit alone',
    checks: ['disk.writable', 'space.writable', 'space.writable.{service}', 'service.{service}.place'],
    hint: 'see whether the kernel had errors (sudo dmesg | tail), and what its unit may write: sudo jts-hot config {service} --check',
  },
  {
    id: 'denied',
    says: /Permission denied|permission denied|Access to file denied|AccessDeniedException/,
    versions: 'all',
    means: 'its user may not open something of its own',
    checks: [
      'directory.{service}',
      'write.{service}',
      'inside.{service}',
      'acl.{service}',
      'flag.{service}',
      'directory.base',
      'selinux.denied.{service}',
      'selinux.label.{service}',
    ],
    hint: 'see which file: the line names it; then: sudo jts-hot validate --deep {service}',
  },
  {
    id: 'input-output',
    says: /Input\/output error/,
    versions: 'all',
    means: 'the disk could not be read or written',
    checks: [],
    hint: 'see what the kernel says: sudo dmesg | tail; then the health of the disk: sudo jts-hot device list',
  },
  {
    id: 'port',
    says: /[Aa]ddress already in use/,
    versions: 'all',
    means: 'another process listens where it is to listen',
    checks: [],
    hint: 'see which: sudo ss -ltnp; stop that one, or give one of the two another port',
  },
];
