// Takes over what a hostile tool has written, again and again in one process, inside a throwaway host: as `backup run` does, by the
// same hands. Usage: node backup-rounds.ts late|swap|junk|root-link|place|output ROUNDS
// Prints as JSON how often each answer came. Throws where a kept backup has changed, or has something in it that was outside.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { startTaking } from '../../src/backup/take-hands.ts';
import { createFlow } from '../../src/host/backup/pipes.ts';
import { openBackupStore } from '../../src/host/backup/store.ts';
import { servicePath } from '../../src/layout/layout.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { builtIn } from '../../src/services/index.ts';
import { contextOfStart } from './context-of-start.ts';
import { REPOSITORY } from './throwaway-host.ts';

const TOOL = `${REPOSITORY}/test/e2e/hostile-tool.py`;
const SECRET = '/data/jts/hot/secret';
const PRECIOUS = 'precious';

const [variant = '', rounds = '1'] = process.argv.slice(2);
const answers: Record<string, number> = {};
const context = await contextOfStart('test');
const service = context.layout.services.find(({ name }) => name === 'redis');
const facet = await builtIn('redis')?.backup?.();
const account = context.host.users(['redis']).get('redis');
assert.ok(service !== undefined && facet !== undefined && account !== undefined);
const own = servicePath(context.layout, service);
const as = { uid: account.uid, gid: account.gid };
const subject = { service, facet, as, file: null, told: () => null, place: `${own}/data`, isRunning: true };
const backup = `${context.layout.base}/backup`;

for (let round = 0; round < Number(rounds); round += 1) {
  const store = openBackupStore({
    base: context.layout.base,
    staging: `${backup}/staging`,
    daily: `${backup}/daily`,
  });
  const { signal } = new AbortController();
  const flow = createFlow({ bytesPerSecond: 1e9, roomBytes: 1e8, signal, onRead: () => {} });
  const draft = store.draft(`backup-redis-${round}`);
  const taking = startTaking(context, subject, { draft, flow, bytesPerSecond: 1e9, parent: null });
  const name = new Date(Date.UTC(2026, 0, 1) + round * 1000).toISOString().replace(/[-:]|\.000/g, '');
  try {
    if (variant === 'place') await taking.hands.archive('data', { place: subject.place, mayChange: true });
    else if (variant === 'output') {
      const script = 'sleep 100 & ls -l /proc/self/fd >&2; echo first > "$1/a"; exec 2>&-';
      const said = await taking.hands.written('', (directory) => ['sh', '-c', script, 'sh', directory]);
      assert.match(said, / 2 -> /);
      assert.doesNotMatch(said, /\/data\/jts\/hot/, 'it has a descriptor of ours');
    } else
      await taking.hands.written(
        '',
        (directory) => {
          if (variant === 'root-link') linkSync(SECRET, `${directory}/x`);
          return ['python3', TOOL, variant === 'root-link' ? 'late' : variant, directory, `${round}`];
        },
        { compress: round % 2 === 1 },
      );
    const files = taking.files();
    draft.keep('redis', name);
    const kept = `${backup}/daily/redis/${name}`;
    for (let look = 0; look < 2; look += 1) {
      for (const { name: file, sha256 } of files) {
        const bytes = readFileSync(`${kept}/${file}`);
        assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${file} has changed`);
        assert.ok(!plain(file, bytes).includes(PRECIOUS), `${file} has what was outside`);
      }
      if (variant !== 'place') await sleep(round % 20 === 2 ? 100 : 5);
    }
    requirePrivate(kept);
    assert.equal(treeOf(kept).length, files.length, `${treeOf(kept)}`);
    count('kept');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    count(error.diagnostics.map(({ code, detail }) => `${code} ${shortened(detail.join(' '))}`).join(' '));
  }
  draft.end();
  if (store.names('redis').includes(name)) store.remove('redis', name);
  assert.deepEqual(store.leftovers(), []);
  store.close();
}
process.stdout.write(JSON.stringify(answers));

function plain(file: string, bytes: Buffer): Buffer {
  return file.endsWith('.zst') && bytes.length > 0 ? zstdDecompressSync(bytes) : bytes;
}

/** All of it root's, closed to all others, with one name, and not to be run as somebody else. */
function requirePrivate(path: string): void {
  const { uid, gid, mode, nlink } = lstatSync(path);
  const isDirectory = (mode & 0o170_000) === 0o040_000;
  assert.deepEqual([uid, gid, mode & 0o7777], [0, 0, isDirectory ? 0o700 : 0o600], path);
  if (isDirectory) for (const name of readdirSync(path)) requirePrivate(`${path}/${name}`);
  else assert.equal(nlink, 1, path);
}

function treeOf(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((one) =>
    one.isDirectory() ? treeOf(`${path}/${one.name}`) : [`${path}/${one.name}`],
  );
}

function shortened(text: string): string {
  return text
    .replace(/.*found /, '')
    .replace(/\d+/g, 'N')
    .slice(0, 60);
}

function count(answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1;
}
