// What we read in a redis.conf, and what we write into one, is what Redis and Valkey have of it. They start from random files that we
// edited; the seed is fixed.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { redis } from '../../src/formats/redis.ts';
import { seedOf } from '../random.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from '../servers/parts.ts';
import { words } from './files.ts';

const seed = seedOf(20261127);
/** They take any text, and nothing comes of it. */
const NAMES = ['masteruser', 'masterauth', 'tls-key-file-pass', 'tls-cert-file', 'syslog-ident'];

/** As people write them, some twice. */
const LINES = [
  '# Redis configuration file example.',
  'masterauth "a\\x20\\"b\\" \\n\\z"',
  "MasterUser 'it\\'s \\n'",
  ' syslog-ident redis#1 \t',
  'tls-cert-file a"b c"',
  'save ""',
  '',
];

const REFUSED = [
  'masterauth "a',
  "masterauth 'a",
  'masterauth "a"b',
  'masterauth a b',
  'masterauth',
  '\ufeff# comment',
];

// It says what it has of each name, as base64, one in a line; `refused` where it does not start.
const ASK = `cd /tmp
for file; do
  rm -f s
  "$SERVER" "$file" --port 0 --unixsocket /tmp/s --dir /tmp --logfile '' >/dev/null 2>&1 &
  pid=$!
  until redis-cli -s s ping >/dev/null 2>&1; do
    kill -0 $pid 2>/dev/null || { echo refused; continue 2; }
    sleep 0.01
  done
  for name in ${NAMES.join(' ')}; do
    redis-cli -s s --raw CONFIG GET $name | tail -n +2 | base64 -w0
    printf ' '
  done
  echo
  kill $pid
  wait $pid
done`;

for (const [name, program] of [
  ['Redis 7', '/usr/bin/redis-server'],
  ['Valkey 9', '/opt/valkey-9/valkey-server'],
] as const)
  it(`redis.conf is read as ${name} reads it, and refused where it refuses it`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    // What it prints comes through a pipe as text.
    const value = words.filter(
      (word) => redis.refusal(word) === null && !/[\udc80-\udcff](?<![\ud800-\udbff].)/.test(word),
    );
    const texts = fc.sample(
      fc
        .tuple(
          fc.array(fc.constantFrom(...LINES), { maxLength: 8 }),
          fc.array(value, { minLength: 3, maxLength: 3 }),
        )
        .map(([lines, all]) =>
          redis.edit(
            lines.join('\n'),
            all.map((one, index) => ({ key: [NAMES[index] ?? ''], value: one })),
          ),
        ),
      { seed, numRuns: 40 },
    );
    const files = mkdtempSync(join(tmpdir(), 'redis-reader-'));
    try {
      const paths = [...texts, ...REFUSED].map((text, index) => {
        writeFileSync(join(files, `${index}.conf`), text);
        return `/files/${index}.conf`;
      });
      using host = startServerHost({ parts: ['valkey-9'], binds: { '/files': files } });
      const { stdout, stderr } = host.run(['bash', '-c', ASK, 'bash', ...paths], {
        env: { SERVER: program },
        timeoutMs: 60_000,
      });
      const answers = stdout.split('\n').slice(0, -1);
      assert.equal(answers.length, paths.length, stderr);
      for (const [index, text] of texts.entries()) {
        const have = new Map(redis.read(text).map(({ key, value: one }) => [key.join(), one]));
        const found = answers[index]?.trim().split(' ') ?? [];
        const decoded = (base64: string) => Buffer.from(base64, 'base64').toString('utf8').replace(/\n$/, '');
        for (const [place, own] of NAMES.entries())
          if (have.has(own)) assert.equal(decoded(found[place] ?? ''), have.get(own), text);
      }
      for (const [index, text] of REFUSED.entries()) {
        // Valkey takes this for one word.
        if (name !== 'Valkey 9' || text !== 'masterauth "a"b')
          assert.equal(answers[texts.length + index], 'refused', text);
        if (!/^masterauth( a b)?$/.test(text)) assert.throws(() => redis.read(text), text);
      }
    } finally {
      rmSync(files, { recursive: true, force: true });
    }
  });
