// Owns what the system's own trimming does (fstrim.service, run by fstrim.timer), as its unit says, and the units of ours where it
// passes the hot mount by. Pure text, but for reading the unit.
import { hasLines } from '../disk/fstab-edit.ts';
import { FSTAB } from '../disk/wanted.ts';
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import { isOurs, sign } from '../values/signed.ts';
import { filesOf, type Said, settingsIn, textAt } from './where-mounted.ts';

export const SYSTEMS_TIMER = 'fstrim.timer';
export const OUR_TIMER = 'jts-hot-trim.timer';
const OUR_SERVICE = 'jts-hot-trim.service';
const SYSTEMS_SERVICE = 'fstrim.service';
const PURPOSE = 'fstrim.service does not trim the hot mount';

/** What its service starts covers this mount: fstrim(8), systemd.service(5). */
export function isTrimmedBySystem(host: HostReader, mountPoint: string, said: Said): boolean {
  const isListed = said.lines.some(({ options }) => !options.split(',').includes('X-fstrim.notrim'));
  const fstab = host.entry(FSTAB).type === 'file' ? (host.text(FSTAB) ?? '') : '';
  return commandsIn(host).some((command) =>
    covers(command, { mountPoint, isListed, isFstabEmpty: !hasLines(fstab) }),
  );
}

interface Listing {
  readonly mountPoint: string;
  /** In fstab, and not told to be left out. */
  readonly isListed: boolean;
  readonly isFstabEmpty: boolean;
}

export function covers(command: string, { mountPoint, isListed, isFstabEmpty }: Listing): boolean {
  const words = command.split(/\s+/).map((word) => word.replace(/^"(.*)"$/, '$1'));
  if (words.some((word) => word === '--all' || /^-[a-zA-Z]*a/.test(word))) return true;
  if (words.some((word) => word === '--fstab' || /^-[a-zA-Z]*A/.test(word))) return isListed;
  const at = words.findIndex((word) => /^(-I|--listed-in)$/.test(word));
  const lists =
    words.find((word) => word.startsWith('--listed-in='))?.slice('--listed-in='.length) ?? words[at + 1];
  if (at === -1 && !words.some((word) => word.startsWith('--listed-in='))) return words.includes(mountPoint);
  // The first that lists anything is used, and no other.
  const [first = ''] = (lists ?? '').split(':').filter((list) => list !== FSTAB || !isFstabEmpty);
  return first === FSTAB ? isListed : first === '/proc/self/mountinfo';
}

/** It is there, not masked, and may run where we are. */
export function systemsTimerRuns(host: HostReader): boolean {
  if (filesOf(host, SYSTEMS_TIMER)[0] === null) return false;
  const conditions = gathered(host, SYSTEMS_TIMER, 'ConditionVirtualization');
  return host.surroundings().container === null || !conditions.includes('!container');
}

function commandsIn(host: HostReader): readonly string[] {
  return gathered(host, SYSTEMS_SERVICE, 'ExecStart');
}

/** Of a setting that may be given more than once: one that is set to nothing takes back those before it. */
function gathered(host: HostReader, unit: string, key: string): readonly string[] {
  const [file, ...dropIns] = filesOf(host, unit);
  const all = (file === null ? [] : [file, ...dropIns]).flatMap((path) =>
    settingsIn(textAt(host, path) ?? '', key),
  );
  return all.slice(all.lastIndexOf('') + 1);
}

/** Each in a file of ours. `program`: fstrim. */
export function ourUnits(mountPoint: string, program: string) {
  const where = mountPoint.replaceAll('%', '%%');
  const word = `"${where.replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`;
  const service = `[Unit]
Description=Tell the disk below ${where} what is free on it
Documentation=man:fstrim(8) man:jts-hot(8)
# Without it what is below the mount point would be trimmed.
ConditionPathIsMountPoint=${where}

[Service]
Type=oneshot
ExecStart=${program} --verbose --quiet-unsupported ${word}
Nice=10
IOSchedulingClass=idle
PrivateNetwork=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@default @file-system @basic-io @system-service
`;
  const timer = `[Unit]
Description=Tell the disk below ${where} once a week what is free on it
Documentation=man:fstrim(8) man:jts-hot(8)

[Timer]
OnCalendar=weekly
AccuracySec=1h
RandomizedDelaySec=6000
Persistent=true

[Install]
WantedBy=timers.target
`;
  return [[OUR_SERVICE, service] as const, [OUR_TIMER, timer] as const].map(([unit, text]) => ({
    path: `${UNIT_DIRECTORY}/${unit}`,
    text: sign(text, { writer: 'jts-hot tune disk', removal: 'jts-hot rollback' }),
    unit,
    purpose: PURPOSE,
    isOurs,
  }));
}
