// How containers are paused for the time in which their volumes are read, and resumed whatever becomes of us: a small process watches
// over that, and a note in Docker's directory says which ones, for the next backup.
import type { TakeHands } from '../backing-up.ts';
import { asking, type Container } from './inspected.ts';

/** Below the directory of Docker, which only root can change. */
const NOTE = 'jts-hot-paused';

/** Answers what resumes them. `what` is called with them paused. */
export async function whilePaused(
  hands: TakeHands,
  containers: readonly Container[],
  what: () => Promise<void>,
): Promise<void> {
  if (containers.length === 0) return await what();
  const ids = containers.map(({ id }) => id);
  const resume = () => resumeNoted(hands);
  hands.atEnd(`resume ${containers.map(({ name }) => name).join(', ')}: docker unpause`, resume);
  const note = `${hands.place}/${NOTE}`;
  await hands.run([...shell(hands), WATCH, 'sh', note, ids.join(' '), ...asking(hands)]);
  try {
    await hands.run([...asking(hands), 'pause', ...ids]);
    await what();
  } finally {
    await resume();
  }
}

/** What an earlier backup left paused, or this one. */
export async function resumeNoted(hands: TakeHands): Promise<void> {
  const ids = (hands.text(NOTE) ?? '').split(/\s+/).filter((id) => /^[0-9a-f]{12,64}$/.test(id));
  if (hands.text(NOTE) === null) return;
  const note = `${hands.place}/${NOTE}`;
  await hands.run([...shell(hands), RESUME, 'sh', note, ids.join(' '), ...asking(hands)]);
}

function shell(hands: TakeHands): readonly [string, string] {
  return [hands.program(['/usr/bin/sh', '/bin/sh'], 'dash'), '-c'];
}

/** One that is not paused, or is gone, is no failure; one that stays paused is. */
const RESUME = `note=$1 ids=$2; shift 2
for id in $ids; do
  "$@" unpause "$id" >/dev/null 2>&1 || [ "$("$@" inspect --format '{{.State.Paused}}' "$id" 2>/dev/null)" != true ] ||
    { echo "$id stays paused" >&2; exit 1; }
done
rm -f -- "$note"`;

/**
 * Goes on without us, until the note has gone (all are resumed) or we have: then it resumes them itself. Who starts it is its
 * parent, known by its number and the time at which it was started.
 */
const WATCH = `note=$1 ids=$2; shift 2
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
parent=$PPID
since=$(born "$parent")
printf '%s\\n' $ids > "$note.new" && mv -f -- "$note.new" "$note" || exit 1
setsid sh -c '
note=$1 ids=$2 parent=$3 since=$4; shift 4
born() { sed "s/.*) //" "/proc/$1/stat" 2>/dev/null | cut -d " " -f 20; }
resume() { for id in $ids; do "$@" unpause "$id"; done; rm -f -- "$note"; exit; }
trap "resume \\"\\$@\\"" TERM INT HUP
while [ -e "$note" ]; do
  [ "$(born "$parent")" = "$since" ] || resume "$@"
  sleep 0.5
done' sh "$note" "$ids" "$parent" "$since" "$@" </dev/null >/dev/null 2>&1 &`;
