// Records one sample after another into a history until it is killed, and says which are recorded. For history.test.ts.
// Arguments: the alternate root, and what the times of its samples begin with (milliseconds since the epoch).
import { writeSync } from 'node:fs';
import { DISK } from '../../src/history/history.ts';
import { createPatience } from '../../src/history/store/database.ts';
import { openHistoryFile } from '../../src/history/store/file.ts';

const [root = '', from = ''] = process.argv.slice(2);
const place = {
  root,
  base: '/data',
  machine: '',
  gidOf: () => undefined,
  now: Date.now,
  patience: createPatience(),
};

for (let at = Number(from); ; at += 1) {
  // Opened for each sample, as by runs of the command: being killed in between is part of it.
  const history = openHistoryFile(place, { mode: 'write', group: null });
  if (history === null) throw new Error('a history opened for writing is made');
  history.transaction(() => {
    history.append({ at, uses: new Map([[DISK, { usedBytes: at, inodes: 1, limitBytes: at }]]) });
    history.setReport(at, JSON.stringify({ at }));
  });
  writeSync(1, `${at}\n`);
  history.close();
}
