// Owns the units of systemd: a service for each regular call, with its timer, that may do what its call needs and nothing
// else (systemd.exec(5)). Pure.
import type { Monitoring, Secret } from '../layout/monitoring.ts';
import type { Call, Caller } from './call.ts';

export const TIMER_TARGET = 'timers.target';
/** Secrets for alerts and other variables, for operators who want them there. */
const ENVIRONMENT_FILE = '/etc/default/jts-hot';
const STATE = '/var/lib/jts-hot';

export function serviceName({ name }: Pick<Call, 'name'>): string {
  return `jts-hot-${name}.service`;
}

export function timerName({ name }: Pick<Call, 'name'>): string {
  return `jts-hot-${name}.timer`;
}

export interface Needs {
  readonly base: string;
  readonly caller: Caller;
  readonly monitoring: Monitoring;
}

export function timerUnit({ title, purpose, calendar }: Call): string {
  return unit({
    Unit: [`Description=${title}`],
    Timer: [
      `# ${purpose}`,
      `OnCalendar=${calendar}`,
      '# What was missed while the host was down is made good.',
      'Persistent=yes',
      '# Not all hosts at once, but each at the same time of day: forecasts compare these.',
      'RandomizedDelaySec=5min',
      'FixedRandomDelay=yes',
    ],
    Install: [`WantedBy=${TIMER_TARGET}`],
  });
}

export function serviceUnit(call: Call, needs: Needs): string {
  const { title, words, log, answers } = call;
  const [path = ''] = words;
  const flags = needs.caller.flags.map((flag) => ` ${flag}`).join('');
  return unit({
    Unit: [
      `Description=${title}`,
      '# After its disk, and not only with it: that a disk has gone is what has to be told.',
      `After=${mountUnitsOf(needs.base).join(' ')}`,
    ],
    Service: [
      'Type=oneshot',
      ...(call.does === 'look'
        ? [
            '# Notes, and whose turn it is, until the next start of the machine.',
            'RuntimeDirectory=jts-hot',
            'RuntimeDirectoryMode=0700',
            'RuntimeDirectoryPreserve=yes',
          ]
        : [
            '# A layout that cannot be read fails the unit: the monitor itself ends with 2 for',
            '# that, as it does for CRITICAL. 78 is EX_CONFIG (sysexits.h).',
            `ExecStartPre=/bin/sh -c '${path} spec check${flags} >/dev/null || exit 78'`,
          ]),
      `ExecStart=${words.join(' ')}`,
      ...(answers.length === 0
        ? []
        : ['# WARNING and CRITICAL are answers, not failures.', `SuccessExitStatus=${answers.join(' ')}`]),
      `StandardOutput=${log === null ? 'journal' : `append:${log}`}`,
      'StandardError=journal',
      `EnvironmentFile=-${ENVIRONMENT_FILE}`,
      // A backup takes as long as it takes; --rate is its limit.
      `TimeoutStartSec=${call.does === 'backup' ? 'infinity' : '1h'}`,
      'Nice=10',
      'IOSchedulingClass=idle',
      'UMask=0027',
      '',
      ...confinement(call, needs),
    ],
  });
}

/** Those whose file systems may hold a path, the root's left out: `data.mount`, `data-jts.mount` … */
export function mountUnitsOf(path: string): readonly string[] {
  const names = path.split('/').slice(1);
  return names.map(
    (_, i) =>
      `${names
        .slice(0, i + 1)
        .map(escapedName)
        .join('-')}.mount`,
  );
}

/** A name of a path as it stands in the name of a unit (systemd.unit(5), "String escaping for inclusion in unit names"). */
function escapedName(name: string, at: number): string {
  return [...Buffer.from(name)]
    .map((byte, i) => {
      const c = String.fromCharCode(byte);
      const isPlain = /[A-Za-z0-9:_.]/.test(c) && !(c === '.' && at === 0 && i === 0);
      return isPlain ? c : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** The strictest under which everything works that the layout asks for. */
function confinement(call: Call, needs: Needs): readonly string[] {
  const { monitoring } = needs;
  const { does } = call;
  const starts = monitoring.alerts.channels.filter(({ type }) => type === 'mail' || type === 'command');
  return [
    ...(does === 'backup'
      ? [
          "# Looser: what the services' own tools read, and where they write, is not known.",
          'ProtectSystem=full',
        ]
      : starts.length === 0
        ? closed({ does }, needs)
        : [
            `# Looser for alert channel ${starts.map(({ name }) => name).join(', ')}: mail servers change their user`,
            '# and write to their queue, and what a command needs is not known.',
            'ProtectSystem=full',
          ]),
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    '# MemoryDenyWriteExecute=yes would stop Node.js, which compiles while it runs.',
  ];
}

function closed({ does }: Closed, needs: Needs): readonly string[] {
  const { monitoring, base } = needs;
  return [
    ...(does === 'prove' || does === 'clean' ? leavingWritable(base) : ['ProtectSystem=strict']),
    '# Where it is missing, all that can be done without it is done.',
    `ReadWritePaths=-${STATE}`,
    `ProtectHome=${readsHomes(needs) ? 'read-only' : 'yes'}`,
    `PrivateTmp=${TEMPORARY.test(base) ? 'no' : 'yes'}`,
    'PrivateDevices=yes',
    ...PURPOSES[does],
    ...(monitoring.group === null ? [] : ['# Giving its group a copy of the history.']),
    `CapabilityBoundingSet=${[...CAPABILITIES[does], ...(monitoring.group === null ? [] : GIVING)].join(' ')}`,
    'NoNewPrivileges=yes',
    'RestrictNamespaces=yes',
    '# RestrictSUIDSGID=yes would take openat2(2) away, through which nothing follows links.',
    '# The journal, and webhooks with what finds their addresses.',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
    // What a process has open must not go: all of them have to be seen.
    ...(does === 'clean' ? [] : ['ProtectProc=invisible']),
    'KeyringMode=private',
  ];
}

/** What it may do is known. */
interface Closed {
  readonly does: keyof typeof CAPABILITIES;
}

const CAPABILITIES = {
  look: ['CAP_DAC_READ_SEARCH'],
  measure: ['CAP_DAC_READ_SEARCH'],
  prove: ['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_SETUID', 'CAP_SETGID'],
  clean: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_SYS_PTRACE'],
} as const satisfies Partial<Record<Call['does'], readonly string[]>>;
const GIVING = ['CAP_CHOWN'];

const PURPOSES = {
  look: ["# Reading every service's directories, where the disk moves fast, is what root is needed for."],
  measure: ["# Reading every service's directories is what root is needed for."],
  prove: ['# Trying as each service, and as root, is what root is needed for.'],
  clean: ['# Moving what services left, and seeing what any process has open, is what root is needed for.'],
} as const satisfies Record<Closed['does'], readonly string[]>;

/** PrivateTmp=yes puts empty ones in their place. */
const TEMPORARY = /^\/(var\/)?tmp\//;

/** All but a base is read-only; what is not there is passed over. */
function leavingWritable(base: string): readonly string[] {
  const others = TOPS.filter((top) => !base.startsWith(`${top}/`));
  return [
    '# Not ReadWritePaths= for the base: to the unit it would then be a mount of its own.',
    'ProtectSystem=full',
    `ReadOnlyPaths=${others.map((top) => `-${top}`).join(' ')}`,
  ];
}

/** What may hold something of worth, beside what ProtectSystem=full and ProtectHome= see to (file-hierarchy(7)). */
const TOPS = ['/media', '/mnt', '/opt', '/srv', '/var'];

/** ProtectHome=yes hides these (systemd.exec(5)). */
const HOMES = /^\/(home|root|run\/user)(\/|$)/;

function readsHomes({ base, caller, monitoring }: Needs): boolean {
  const secrets = monitoring.alerts.channels.flatMap((channel) =>
    channel.type === 'webhook' ? [channel.url, channel.token].flatMap(fileOf) : [],
  );
  return [base, ...caller.flags, ...secrets].some((path) => HOMES.test(path));
}

function fileOf(secret: Secret | string | null): readonly string[] {
  return secret !== null && typeof secret === 'object' && 'file' in secret ? [secret.file] : [];
}

function unit(sections: Readonly<Record<string, readonly string[]>>): string {
  return `${Object.entries(sections)
    .map(([name, lines]) => [`[${name}]`, ...lines].join('\n'))
    .join('\n\n')}\n`;
}
