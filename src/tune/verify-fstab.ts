// Owns having findmnt(8) judge a fstab before it takes the place of the one that is there: what it complains of only in the new
// one. Changes nothing.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { FSTAB } from './where-mounted.ts';

const PATIENCE_MS = 30_000;
const NAME = 'fstab';

/** null: it has nothing new to say. */
export async function verifyFstab(
  host: Pick<Host, 'tryOut' | 'missingTools'>,
  before: string,
  after: string,
): Promise<Diagnostic | null> {
  if (host.missingTools(['findmnt']).length > 0)
    return diagnostic('E_NO_TOOL', 'refusing to write a fstab that nothing has verified', {
      at: FSTAB,
      detail: 'want findmnt, found none',
      fix: 'sudo apt-get install util-linux',
    });
  const [was, is] = [await complaints(host, before), await complaints(host, after)];
  const fresh = added(was, is);
  if (fresh.length === 0) return null;
  return diagnostic('E_FSTAB_VERIFY', 'refusing to write a fstab that findmnt complains of', {
    at: FSTAB,
    detail: ['want no more complaints than before, found', ...fresh.slice(0, 5)],
    hint: 'see what it says of the one that is there: findmnt --verify',
  });
}

/** With the place that each is about. */
async function complaints(host: Pick<Host, 'tryOut'>, text: string): Promise<readonly string[]> {
  let place = '';
  const { status, output } = await host.tryOut({
    files: () => ({ [NAME]: text }),
    argv: (directory) => {
      place = directory;
      return ['findmnt', '--verify', '--tab-file', `${directory}/${NAME}`];
    },
    identity: { uid: 0, gid: 0 },
    timeoutMs: PATIENCE_MS,
    until: null,
  });
  const said = parseComplaints(output.replaceAll(`${place}/${NAME}`, FSTAB));
  return status === null ? [...said, `it did not end: ${output.slice(-200)}`] : said;
}

/** `/data/jts/hot`, then `   [E] unreachable …` for each complaint; or `findmnt: …: parse error at line 3 -- ignored`. */
export function parseComplaints(output: string): readonly string[] {
  let about = '';
  const said: string[] = [];
  for (const line of output.split('\n')) {
    // Said by the time at which the file was written.
    if (line.includes('systemd still uses the old version')) continue;
    if (/^\s+\[[EW]\]/.test(line)) said.push(`${about}: ${line.trim()}`);
    else if (/^findmnt: /.test(line)) said.push(line.replace(/^findmnt: /, ''));
    else if (line !== '' && !/^\s/.test(line)) about = line;
  }
  return said;
}

/** Those that are more often in the second. */
function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((one) => {
    const at = left.indexOf(one);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}
