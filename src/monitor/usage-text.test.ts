// Where the space is, in words: 80 columns, names that somebody chose to annoy, and the next command to type.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { createPaint } from '../messages/paint.ts';
import { usageCommand } from './usage.ts';
import type { UsageResult } from './usage-document.ts';
import { renderUsage } from './usage-text.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
const NASTY = 'a\x1b[31m\r\n\t\x07\x9b2J\x7f\u202e\u200b\u2028\udcff';

async function usage(
  files: Readonly<Record<string, number>>,
  service: string | null = null,
): Promise<UsageResult> {
  const host = createHost();
  for (const name of ['kafka', 'redis']) host.prepare.directory(`${BASE}/${name}/data`);
  for (const [path, bytes] of Object.entries(files)) host.prepare.file(`${BASE}/${path}`, { bytes });
  const { result } = await usageCommand(contextOf(host, LAYOUT), {
    service,
    top: 2,
    depth: 3,
    filesOverBytes: null,
    logsOverBytes: null,
    temporaryOlderThanSeconds: null,
    timeoutSeconds: null,
  });
  assert.ok(result !== null);
  return result;
}

const text = (result: UsageResult) => renderUsage(result, createPaint(false));

describe('usage', () => {
  it('of a host where nothing is large', async () => {
    assert.equal(
      text(await usage({})),
      `Disk use of /data/jts/hot  2026-01-01T00:00:00Z

  ext4 on /dev/nvme0n1p1, mounted at /
  size 4.00 TB   used 100 GB   available 3.70 TB   2.6 %

  SERVICE       USED  SHARE  LENGTH  FILES
  kafka          0 B  0.0 %     0 B      0
  redis          0 B  0.0 %     0 B      0
  together       0 B            0 B      0
  no service     0 B            0 B      0
  elsewhere   100 GB
  USED is on the disk; LENGTH is what the files say they are, with their holes.
  elsewhere: outside of the base, in deleted files that are still open, for the
    file system itself.

Largest directories, each with all that is below it: none

Files of 1GB and more: none

Logs (*.log) of 100MB and more: none

Temporary files (*.tmp) unchanged for 1d: none`,
    );
  });

  it('names deleted files that are open, with who has them', async () => {
    const deletedOpen = {
      usedBytes: 3_500_000_000,
      listed: [
        {
          path: '/data/jts/hot/kafka/logs/a.log',
          usedBytes: 3e9,
          apparentBytes: 3e9,
          pid: 812,
          command: 'java',
          holders: 3,
        },
        { path: `/x/${NASTY}`, usedBytes: 5e8, apparentBytes: 1, pid: 9, command: NASTY, holders: 1 },
      ],
      more: false,
      unseen: 2,
    };
    const shown = text({ ...(await usage({})), deletedOpen });
    assert.match(
      shown,
      /\nDeleted files that are still open, 3\.50 GB until they are closed\n {2}3\.00 GB {2}.*java \(812\) and 2 more\s+\/data\/jts\/hot\/kafka\/logs\/a\.log\n/,
    );
    assert.match(shown, /\n {2}2 processes could not be looked into: sudo jts-hot usage/);
    assert.doesNotMatch(shown, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
  });

  it('leads on: to one service, deeper, to more', async () => {
    const files = { 'redis/data/a/x': 2e9, 'redis/data/b/x': 2e9, 'redis/data/c/x': 2e9 };
    const all = text(await usage(files));
    assert.match(all, /^ {2}… and more$/m);
    assert.match(
      all,
      /\nOne service: {2}sudo jts-hot usage redis\nMore of each: {2}sudo jts-hot usage --top 8$/,
    );
    const one = text(await usage(files, 'redis'));
    assert.match(one, /^Disk use of redis in \/data\/jts\/hot /);
    assert.match(one, /\nDeeper: {2}sudo jts-hot usage redis --depth 6\n/);
  });

  it('lets no name speak to the terminal, and breaks no path', async () => {
    const long = `redis/data/${'with blanks '.repeat(15)}${NASTY}`;
    const result = await usage({ [`${long}/${NASTY}.tmp`]: 5e9, [`kafka/data/${NASTY}`]: 2e9 });
    const plain = text(result);
    assert.doesNotMatch(plain, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    assert.match(plain, /^ {4}\/data\/jts\/hot\/redis\/data\/with blanks .*\\x1b\[31m.*\\xff\.tmp$/m);
    for (const line of plain.split('\n')) if (!line.includes(BASE)) assert.ok(line.length <= 80, line);
    assert.equal(stripVTControlCharacters(renderUsage(result, createPaint(true))), plain);
  });

  it('shortens what nobody can read', async () => {
    const deep = Array.from({ length: 20 }, () => 'x'.repeat(250)).join('/');
    const lines = text(await usage({ [`redis/data/${deep}/y`]: 2e9 })).split('\n');
    const [line = ''] = lines.filter((one) => one.endsWith('/y'));
    assert.ok(line.length < 1100 && line.includes('…'), `${line.length}`);
  });

  it('names what could not be read, and what did not answer', async () => {
    const whole = await usage({});
    const [kafka, redis] = whole.services;
    assert.ok(kafka !== undefined && redis !== undefined);
    const unreadable = Array.from({ length: 5 }, (_, i) => ({ path: `data/${i}`, error: 'EACCES' }));
    const shown = text({
      ...whole,
      timedOut: true,
      fileSystem: null,
      services: [
        { ...kafka, unreadable, unreadableCount: 5000 },
        { ...redis, space: null, error: 'timeout' },
      ],
    });
    assert.match(
      shown,
      /^ {2}kafka: 5000 could not be read: permission denied \(EACCES\): sudo jts-hot\s+usage$/m,
    );
    assert.match(shown, /^ {6}data\/0\n {6}data\/1\n {6}data\/2\n {6}…$/m);
    assert.match(shown, /^ {2}redis +\? +\? +\? +\?$/m);
    assert.match(shown, /^ {2}redis: its disk did not answer in time/m);
  });
});
