// What a broker has noted on the disk of how far each partition goes, and when it has noted that again.
import { setTimeout as pause } from 'node:timers/promises';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands } from '../backing-up.ts';
import { type Offsets, parseOffsets } from './checkpoint.ts';

/** Up to where all replicas have it; of one that has no others, up to its end. Written every 5 seconds, and at an orderly stop. */
const ENDS = 'replication-offset-checkpoint';
const INTERVAL = 'replica.high.watermark.checkpoint.interval.ms';

export async function namesIn(hands: AskHands, place: string): Promise<readonly string[]> {
  if (place === hands.place) return hands.names('');
  const find = hands.program(['/usr/bin/find', '/bin/find'], 'findutils');
  const found = await hands.run([find, place, '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\n']);
  return found.split('\n').filter(Boolean);
}

export async function textIn(hands: AskHands, place: string, name: string): Promise<string | null> {
  if (place === hands.place) return hands.text(name);
  if (!(await namesIn(hands, place)).includes(name)) return null;
  return await hands.run([hands.program(['/usr/bin/cat', '/bin/cat'], 'coreutils'), `${place}/${name}`]);
}

/** How far each partition goes at least. */
export async function offsetsIn(hands: AskHands, places: readonly string[]): Promise<Offsets> {
  const all: [string, number][] = [];
  for (const place of places) all.push(...parseOffsets(await textIn(hands, place, ENDS)));
  return new Map(all);
}

/** Until all that was there when this was called has been noted. */
export async function settled(hands: AskHands, places: readonly string[]): Promise<void> {
  if (!hands.isRunning) return;
  const interval = Number(hands.told(INTERVAL) ?? 5000);
  const deadline = Date.now() + 4 * interval + 30_000;
  const seen = async () => {
    const noted = await Promise.all(places.map((place) => stampOf(hands, place)));
    return noted.filter((one) => one !== '');
  };
  let last = await seen();
  // The first one may have been begun before.
  for (let round = 1; round <= 2; round += 1) {
    for (;;) {
      const now = await seen();
      if (now.length === 0 || now.every((stamp) => !last.includes(stamp))) {
        last = now;
        break;
      }
      if (Date.now() > deadline) throw notNoted(places);
      await pause(Math.min(500, interval / 4));
    }
  }
}

/** '': there is none. */
async function stampOf(hands: AskHands, place: string): Promise<string> {
  const find = hands.program(['/usr/bin/find', '/bin/find'], 'findutils');
  const of = ['-mindepth', '1', '-maxdepth', '1', '-name', ENDS, '-printf', '%i %C@ %T@'];
  return await hands.run([find, place, '-ignore_readdir_race', ...of]);
}

function notNoted(places: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_KAFKA_NOT_NOTED', 'cannot tell how far the partitions go', {
      detail: [
        `want ${ENDS} written again in ${places.join(', ')}, as a broker does every few seconds`,
        'found the one of before',
      ],
      hint: 'look into the log of the broker, server.log: it may have given up a directory',
    }),
  ]);
}
