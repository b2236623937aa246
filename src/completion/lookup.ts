// Owns what of a host completes a word: the services of the layout, the recorded runs. Fails without a word, and writes
// nothing: somebody is typing.
import { loadLayout, loadRecorded } from '../command/load.ts';
import { newestFirst } from '../engine/journal/journal.ts';
import { openLinuxHost } from '../host/linux.ts';
import { DEFAULT_BASE } from '../layout/layout.ts';
import { identityOf } from '../port/find-disk.ts';
import type { Lookup } from './answer.ts';
import type { Candidate, Next } from './complete.ts';

/** As many as somebody looks through. */
const RUNS = 50;

export const lookup: Lookup = async (from, host) => {
  try {
    if (from === 'devices') return devices(host);
    return from === 'services' ? await services(host) : await runs(host);
  } catch {
    // A layout that is wrong, a record that is not ours to read: the command will say so when it is typed.
    return [];
  }
};

/** By name and by serial number. */
function devices({ root }: Next['host']): readonly Candidate[] {
  const disks = openLinuxHost({ root, base: DEFAULT_BASE })
    .blockDevices()
    .filter(({ kind }) => kind === 'disk');
  return disks.flatMap((disk) => [
    { text: disk.name, about: identityOf(disk).slice(disk.name.length + 2) },
    ...(disk.serial === null ? [] : [{ text: disk.serial, about: disk.name }]),
  ]);
}

async function services(flags: Next['host']): Promise<readonly Candidate[]> {
  const { layout } = await loadLayout(flags);
  return layout.services.map(({ name, purpose }) => ({ text: name, about: purpose }));
}

async function runs(flags: Next['host']): Promise<readonly Candidate[]> {
  const { root, layout } = await loadRecorded(flags);
  const found: Candidate[] = [];
  for (const run of newestFirst(openLinuxHost({ root, base: layout.base }).journal)) {
    const about =
      'unreadable' in run ? run.unreadable : `${run.command} of ${run.base}, ${run.at.slice(0, 16)}Z`;
    found.push({ text: String(run.run), about });
    if (found.length >= RUNS) break;
  }
  return found;
}
