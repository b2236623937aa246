// What `jts-hot device restore` prints.
import { columns, type Paint, plain } from '../messages/paint.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { RestoreResult } from './device-document.ts';

const NAME = 12;

export function renderRestore(result: RestoreResult, paint: Paint): string {
  if (result.did === 'list saved') return renderSaved(result.saved, paint);
  const { saved, outcome, run, steps } = result;
  const what = `the first and last 16 MiB of ${plain(saved.disk.serial)}`;
  switch (outcome) {
    case 'unchanged':
      return `Nothing to do: ${what} are as they were saved.`;
    case 'applied': {
      const { volumeGroup } = saved;
      const next =
        volumeGroup === null
          ? []
          : [`The volume group ${plain(volumeGroup)} is on it again: vgchange -ay ${plain(volumeGroup)}`];
      return [
        `Put back ${what}, as they were at ${saved.savedAt}, and compared them.`,
        ...next,
        `To take that back: sudo jts-hot rollback ${run}`,
      ].join('\n');
    }
    case 'planned':
      return ['It would do this:', ...steps.map(({ summary }) => `  ${plain(summary)}`)].join('\n');
    default:
      return `Not put back: ${what}.`;
  }
}

function renderSaved(
  all: readonly Extract<RestoreResult, { did: 'list saved' }>['saved'][number][],
  paint: Paint,
): string {
  const [first] = all;
  if (first === undefined) return 'Nothing was saved of a disk.';
  const [head = '', ...lines] = columns([
    ['SERIAL', 'NS', 'SAVED', 'NAME', 'WHAT WAS ON IT'],
    ...all.map(({ disk, savedAt, hash, held }) => [
      plain(disk.serial),
      `${disk.namespace}`,
      savedAt.replace(/\.\d+Z$/, 'Z'),
      hash.slice(0, NAME),
      plain(held.join(', ') || 'nothing'),
    ]),
  ]);
  const serial = shellWord(first.disk.serial);
  return [
    paint('dim', head),
    ...lines,
    '',
    'To put one back, which has to be confirmed:',
    `  sudo jts-hot device restore ${serial} --saved ${first.hash.slice(0, NAME)}`,
  ].join('\n');
}
