// `jts-hot spec recorded`: the layout file that the newest recorded run went by, as it was, where the file itself is lost. Reads the
// record only.
import { newestFirst } from '../engine/journal/journal.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';

/** `base`: of the runs that were about it; null: of all. Throws a Problem where there is none. */
export function recordedLayout({ journal, surroundings }: Host, base: string | null): string {
  const { effectiveUid } = surroundings();
  if (effectiveUid !== 0)
    throw new Problem(EXIT.refused, [
      diagnostic('E_NOT_ROOT', 'refusing to run without root', {
        detail: `want uid 0, found uid ${effectiveUid}`,
        fix: 'sudo jts-hot spec recorded',
      }),
    ]);
  let runs = 0;
  for (const run of newestFirst(journal)) {
    runs += 1;
    if ('unreadable' in run || run.layoutFile === undefined || (base !== null && run.base !== base)) continue;
    // Of one whose text is gone an earlier run may have the same.
    const text = journal.content.text(run.layoutFile.hash);
    if (text !== null) return text;
  }
  throw new Problem(EXIT.failed, [
    diagnostic('E_NO_RECORDED_LAYOUT', 'cannot find a layout file on record', {
      detail: `want a run that went by one, found ${runs === 0 ? 'no run' : `none of ${runs}`}`,
      hint: 'write it anew from what this prints: jts-hot spec; and name the disk as this does: sudo jts-hot device list',
    }),
  ]);
}
