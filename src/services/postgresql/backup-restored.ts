// Owns the mark that a restored cluster keeps in its data directory: when it was restored. Its log is then another one than that
// of the backups taken before, under the same numbers, so that none of them is the parent of an increment.
import type { RestoreHands } from '../backing-up.ts';

/** As backups are named: `20261127T101403Z`. PostgreSQL leaves such a file alone, and copies it. */
export const RESTORED = 'jts-hot-restored';

export async function markRestored(
  hands: Pick<RestoreHands, 'directory' | 'run' | 'program' | 'write'>,
): Promise<void> {
  const date = hands.program(['/usr/bin/date', '/bin/date'], 'coreutils');
  const now = await hands.run([date, '--utc', '+%Y%m%dT%H%M%SZ']);
  const rm = hands.program(['/usr/bin/rm', '/bin/rm'], 'coreutils');
  await hands.run([rm, '--force', '--', `${hands.directory}/${RESTORED}`]);
  await hands.write(RESTORED, now);
}
