// Owns the last look at a fstab before it takes the place of the one that is there: findmnt(8) must not complain of it more than of
// that one, and what its new lines say is mounted once where nobody sees it. Changes nothing.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { freshComplaints, parseComplaints } from '../../disk/findmnt-verify.ts';
import { kernelOptions } from '../../disk/mount-options.ts';
import { FSTAB, parseFstab } from '../../disk/wanted.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { bytesOfText } from '../../values/content.ts';
import { isInstalled, run } from '../process.ts';
import { O_RDWR, O_TMPFILE } from '../syscalls.ts';
import { devicesWith } from './file-system-device.ts';
import { tryMount } from './mounting.ts';

/** Throws a Problem. */
export function requireVerified(before: string, after: string): void {
  if (before === after) return;
  if (!isInstalled('findmnt')) throw refused(['want findmnt, found none'], 'sudo apt-get install util-linux');
  const changed = changedLines(before, after);
  const fresh = freshComplaints(complaintsOf(before), complaintsOf(after)).filter(
    (complaint) => !changed.some((line) => isYetToCome(complaint, line)),
  );
  if (fresh.length > 0)
    throw refused(['want no more complaints than before, found', ...fresh.slice(0, 5)], null);
  const places = new Set(parseFstab(before).map(placeOf));
  // Of a line that was there already what it names may be mounted now, and the kernel mounts nothing twice in two ways.
  for (const { what, type, options } of changed.filter((line) => !places.has(placeOf(line)))) {
    const uuid = /^UUID=(.+)$/.exec(what)?.[1]?.toLowerCase();
    const [device] = uuid === undefined ? [] : devicesWith({ type, uuid });
    // Of a disk that is not there findmnt has said so.
    if (device !== undefined) tryMount(device.path, type, kernelOptions(options));
  }
}

interface Line {
  readonly what: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
}

function placeOf({ what, mountPoint }: Pick<Line, 'what' | 'mountPoint'>): string {
  return JSON.stringify([what, mountPoint]);
}

function changedLines(before: string, after: string): readonly Line[] {
  const keyOf = (line: Line) => JSON.stringify([line.what, line.mountPoint, line.type, line.options]);
  const known = new Set(parseFstab(before).map(keyOf));
  return parseFstab(after).filter((line) => !known.has(keyOf(line)));
}

/** Its place lies on what another new line mounts, and is made there once that is done. */
function isYetToCome(complaint: string, { mountPoint }: Line): boolean {
  return complaint.startsWith(`${mountPoint}/`) && complaint.includes('required target');
}

function refused(detail: readonly string[], fix: string | null): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_FSTAB_VERIFY', 'refusing to write a fstab that findmnt complains of', {
      at: FSTAB,
      detail,
      fix,
      hint: fix === null ? 'see what it says of the one that is there: findmnt --verify' : null,
    }),
  ]);
}

/** What `keepOpen` is called by the program: opened anew, from its beginning. */
const PASSED_ON = '/proc/self/fd/3';

function complaintsOf(text: string): readonly string[] {
  // It never has a name, so nothing of it stays, however this ends.
  const fd = openSync('/run', O_TMPFILE | O_RDWR, 0o600);
  try {
    writeFileSync(fd, bytesOfText(text));
    // It writes what it has to say to either.
    const script = `findmnt --verify --tab-file ${PASSED_ON} 2>&1`;
    const said = run(['sh', '-c', script], { answers: [0, 1], keepOpen: fd });
    return parseComplaints(said.replaceAll(PASSED_ON, FSTAB));
  } finally {
    closeSync(fd);
  }
}
