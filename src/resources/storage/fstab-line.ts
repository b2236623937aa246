// Our lines in /etc/fstab, by UUID: put in where they are missing, corrected where they say something else. What others added to them
// stays. Must not touch the line of another device, for the same place or another.
import { putLines, type WantedLine } from '../../disk/fstab-line.ts';
import { FSTAB, unitName } from '../../disk/wanted.ts';
import { type Wanted, wanted } from '../../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import type { HostReader } from '../../port/host.ts';
import { type Edited, editedFile } from '../edited-file.ts';
import { fileAddress } from '../file.ts';
import { fstabWants } from './fstab-file.ts';

export const FSTAB_ADDRESS = fileAddress(FSTAB);

/** A missing disk must not keep the machine from starting; services wait for their mount, not the machine. */
export function lineOptions(options: readonly string[], deviceTimeoutSeconds: number): readonly string[] {
  return [...options, 'nofail', `x-systemd.device-timeout=${deviceTimeoutSeconds}s`];
}

/** XFS has no use for fsck(8): its own is empty. */
export function passOf(type: WantedLine['type']): number {
  return type === 'xfs' ? 0 : 2;
}

/** All lines are one change of the file: it is written once, and copied once. */
export function fstabLines(
  host: HostReader,
  { lines, today }: { readonly lines: readonly WantedLine[]; readonly today: string },
): Wanted {
  const [first] = lines;
  return wanted(
    editedFile,
    first === undefined
      ? []
      : fstabWants(host, {
          edit: (text) => edited(text ?? '', lines),
          today,
          purpose: 'it is to be mounted when the machine starts',
          unit: `${unitName(first.mountPoint)}.mount`,
          elsewhere:
            'have a plain file in its place: sudo cp --remove-destination "$(realpath /etc/fstab)" /etc/fstab',
          isMade: true,
        }),
  );
}

function edited(text: string, lines: readonly WantedLine[]): Edited | Diagnostic {
  const put = putLines(text, lines);
  switch (put.is) {
    case 'put':
      return { text: put.text, changes: put.changes };
    case 'another':
      return refused('E_FSTAB_OTHER', 'refusing to change the line of another disk', {
        detail: [
          `want no line for ${put.wanted.mountPoint}, or one for UUID=${put.wanted.uuid}`,
          `found line ${put.line}, which names another device: ${put.what}`,
        ],
        hint: `if it is no longer needed, take line ${put.line} out of ${FSTAB}`,
      });
    case 'twice':
      return refused('E_FSTAB_TWICE', 'refusing to choose between two lines for one mount', {
        detail: `want one line for ${put.wanted.mountPoint}, found lines ${put.lines.join(' and ')}`,
        hint: `take all but one of them out of ${FSTAB}`,
      });
    case 'odd':
      return refused('E_FSTAB_TEXT', 'refusing to edit a file whose lines cannot be told apart', {
        detail: `want lines that end with a line feed, found ${put.why}`,
        hint: `look at it: cat -A ${FSTAB}`,
      });
    default:
      return put satisfies never;
  }
}

function refused(
  code: string,
  summary: string,
  about: { readonly detail: string | readonly string[]; readonly hint: string },
): Diagnostic {
  return diagnostic(code, summary, { at: FSTAB, ...about });
}
