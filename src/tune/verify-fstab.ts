// Owns having findmnt(8) judge a fstab before it takes the place of the one that is there: what it complains of only in the new
// one. Changes nothing. The host asks once more when it writes it (host/storage/verify-fstab.ts).
import { freshComplaints, parseComplaints } from '../disk/findmnt-verify.ts';
import { FSTAB } from '../disk/wanted.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';

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
  const fresh = freshComplaints(was, is);
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
