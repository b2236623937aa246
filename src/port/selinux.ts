// Owns what SELinux has on a host: labels of files, the rules that an administrator recorded for them, and the words that semanage(8)
// takes and writes. Pure. Which type is for which service is said in its folder.

/** A line of file_contexts.local. Of several that match a path, the last one counts. */
export interface FileContextRule {
  /** A regular expression over whole paths. */
  readonly pattern: string;
  /** `any`, or as in the file: `-d` for directories. */
  readonly files: string;
  /** null: `<<none>>`. */
  readonly context: string | null;
}

/** In force on the live host. */
export interface Selinux {
  readonly enforcing: boolean;
  /** As `SELINUXTYPE` of /etc/selinux/config: `targeted`, `default`. */
  readonly policy: string;
  /** Those that an administrator recorded. null: not for us to read. */
  readonly rules: readonly FileContextRule[] | null;
}

/** Of a directory, or of the nearest one above it that is there. */
export interface LabelsAt {
  /** null: it is not there. */
  readonly own: string | null;
  /** What a directory would get if it were made there now. */
  readonly made: string;
}

export interface OtherLabelsAsked {
  /** The type that is not of interest. */
  readonly type: string;
  /** Paths below the directory that are not looked at, with all that is in them. */
  readonly except: readonly string[];
  /** No more than so many are told. */
  readonly most: number;
}

export interface OtherLabels {
  /** Paths below the directory, with their types. */
  readonly first: readonly { readonly path: string; readonly type: string }[];
  readonly isAll: boolean;
}

/** What the kernel, or auditd, wrote down of an access that the policy does not grant. */
export interface Denial {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As in the policy: `read`, `add_name`. */
  readonly permissions: readonly string[];
  readonly command: string;
  /** The last name of what was asked for, or its path; null: it is not told. */
  readonly name: string | null;
  /** Decimal text; null: it is not told. */
  readonly inode: string | null;
  /** Context of who asked. */
  readonly source: string;
  /** Context of what was asked for. */
  readonly target: string;
  /** `file`, `dir`, `lnk_file`, … */
  readonly type: string;
  /** It was only written down, and not refused. */
  readonly permissive: boolean;
}

/** `system_u:object_r:redis_var_lib_t:s0` → `redis_var_lib_t`. */
export function typeIn(context: string): string {
  return context.split(':')[2] ?? context;
}

/** User, role and range stay, as restorecon(8) has it. */
export function withType(context: string, type: string): string {
  return context.split(':').with(2, type).join(':');
}

const REGULAR = /[.^$?*+|[\](){}\\]/g;
const ODD = /[^\x21-\x7e]|["']/g;

/** What semanage cannot be told, a blank or a quotation mark, is any character. */
export function patternOf(path: string): string {
  return path.replace(REGULAR, '\\$&').replace(ODD, '.');
}

export function parseFileContexts(text: string): readonly FileContextRule[] {
  return text.split('\n').flatMap((line): readonly FileContextRule[] => {
    const words = line.trim().split(/\s+/);
    const [pattern = '', second = '', third] = words;
    if (pattern === '' || pattern.startsWith('#') || second === '') return [];
    const context = third ?? second;
    const files = third === undefined ? 'any' : second;
    return [{ pattern, files, context: context === '<<none>>' ? null : context }];
  });
}

/** From `/etc/selinux/config`. null: turned off there. */
export function policyIn(config: string): string | null {
  const said = (key: string) =>
    config
      .split('\n')
      .flatMap((line) => {
        const [, name, value] = /^\s*(\w+)\s*=\s*(\S*)/.exec(line) ?? [];
        return name === key && value !== undefined ? [value] : [];
      })
      .at(-1);
  return said('SELINUX') === 'disabled' ? null : (said('SELINUXTYPE') ?? 'targeted');
}

/** `type=AVC msg=audit(…)` of auditd, or the kernel's `audit: type=1400 audit(…)`. The oldest first, as they stand there. */
export function parseDenials(text: string): readonly Denial[] {
  return text.split('\n').flatMap((line): readonly Denial[] => {
    const [, seconds, permissions, rest = ''] =
      /audit\((\d+\.\d+):\d+\):\s+avc:\s+denied\s+\{ ([^}]*) \} for\s+(.*)$/.exec(line) ?? [];
    if (seconds === undefined || permissions === undefined) return [];
    const value = (key: string): string | null => {
      const [, quoted, bare] = new RegExp(`(?:^| )${key}=(?:"([^"]*)"|(\\S+))`).exec(rest) ?? [];
      return quoted ?? (bare === undefined ? null : (decoded(bare) ?? bare));
    };
    const source = value('scontext');
    const target = value('tcontext');
    const type = value('tclass');
    if (source === null || target === null || type === null) return [];
    return [
      {
        at: Math.round(Number(seconds) * 1000),
        permissions: permissions.trim().split(' '),
        command: value('comm') ?? 'unknown',
        name: value('path') ?? value('name'),
        inode: value('ino'),
        source,
        target,
        type,
        permissive: value('permissive') === '1',
      },
    ];
  });
}

/** Names with odd characters are written as hexadecimal digits, two a byte. */
function decoded(text: string): string | null {
  return /^([0-9A-F]{2}){2,}$/.test(text) ? Buffer.from(text, 'hex').toString() : null;
}
