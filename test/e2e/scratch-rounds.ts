// Opens files without a name in a directory again and again, inside a throwaway host: at least 200 times, and until ten were
// made. Usage: node scratch-rounds.ts PATH. Prints as JSON in which directory each was, as the kernel says, and why it was
// refused how often.
import { openLinuxHost } from '../../src/host/linux.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { SCRATCH_FD } from '../../src/port/scratch.ts';

const [path = ''] = process.argv.slice(2);
const [LEAST, MOST, WANT_MADE] = [200, 300_000, 10];
const host = openLinuxHost({ root: '/', base: '/data/jts/hot' });
const made: Record<string, number> = {};
const refused: Record<string, number> = {};
let count = 0;
for (let round = 0; round < LEAST || (count < WANT_MADE && round < MOST); round += 1)
  try {
    const scratch = host.openScratch(path, 4096);
    const until = { timeoutMs: 10_000, signal: new AbortController().signal };
    const end = await scratch.run(['readlink', `/proc/self/fd/${SCRATCH_FD}`], until);
    scratch.close();
    const place = (end.ended === 'exit' ? end.stdout : end.ended).trim().replace(/\/#\d+ \(deleted\)$/, '');
    made[place] = (made[place] ?? 0) + 1;
    count += 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [why = ''] = error.diagnostics.flatMap(({ detail }) => detail);
    refused[why] = (refused[why] ?? 0) + 1;
  }
console.log(JSON.stringify({ made, refused }));
