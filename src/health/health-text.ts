// The health of disks in lines for people. Where nothing is wrong: one short line a disk.
import type { DiskHealth } from './health-document.ts';

/** What is wrong, or the numbers that say that nothing is. */
export function healthText(health: DiskHealth): string {
  const { disk, level, causes, why } = health;
  if (causes.length > 0) return `${disk} ${level}: ${causes.map(({ found }) => found).join('; ')}`;
  if (level === 'UNKNOWN') return `${disk} UNKNOWN: ${why ?? 'it gave no answer'}`;
  const numbers = numbersOf(health);
  return `${disk} OK: ${numbers.length > 0 ? numbers.join(', ') : `known to the kernel only, since ${why}`}`;
}

function numbersOf({ wearPercent, sparePercent, mediaErrors, celsius }: DiskHealth): readonly string[] {
  return [
    ...(wearPercent === null ? [] : [`${wearPercent} % of its endurance used`]),
    ...(sparePercent === null ? [] : [`${sparePercent} % spare left`]),
    ...(mediaErrors === null ? [] : [`${mediaErrors} media errors`]),
    ...(celsius === null ? [] : [`${celsius} °C`]),
  ];
}
