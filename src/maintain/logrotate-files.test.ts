// What is read of logrotate's files: entries with their lines, includes, and what is broken. Held to the real logrotate in
// test/e2e/logs.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { entriesFor, matchesGlob, parseLogrotate, readLogrotate } from './logrotate-files.ts';

const patterns = (text: string) =>
  parseLogrotate(text, '/f').entries.map(({ pattern, line, told }) => [
    pattern,
    line,
    Object.fromEntries(told),
  ]);

describe('a file of logrotate', () => {
  it('names logs on one line or on several, quoted or not, with what counts for them', () => {
    const text = [
      '# above',
      'weekly',
      'size=5M',
      '/var/log/a.log "/var/log/with blank.log"',
      "'/var/log/c' {",
      '  daily # not a comment to logrotate, and not in our way',
      '  su redis redis',
      '}',
      '/var/log/d{ rotate 3',
      '}',
    ].join('\n');
    const told = { weekly: '', size: '5M' };
    const own = { daily: '# not a comment to logrotate, and not in our way', su: 'redis redis' };
    assert.deepEqual(patterns(text), [
      ['/var/log/a.log', 4, { ...told, ...own }],
      ['/var/log/with blank.log', 4, { ...told, ...own }],
      ['/var/log/c', 5, { ...told, ...own }],
      ['/var/log/d', 9, { ...told, rotate: '3' }],
    ]);
  });

  it('may have scripts with anything in them, and no last line end', () => {
    const text = ['/a {', ' postrotate', '  echo } { /b\r', ' endscript', ' rotate 2', '}'].join('\n');
    assert.deepEqual(patterns(text), [['/a', 1, { rotate: '2' }]]);
  });

  for (const [what, text, at] of [
    ['a } alone', 'weekly\n}\n', 2],
    ['a { alone', '{\n}\n', 1],
    ['no }', '/a {\n rotate 1\n', 1],
    ['no {', '\n/a\n', 2],
    ['a quote that does not end', '"/a {\n}\n', 1],
    ['a script that does not end', '/a {\n postrotate\n}\n', 2],
    ['CRLF', '# b\r\n/a {\r\n}\r\n', 2],
    ['signs', '/a { }\n=\n', 2],
    ['a } behind a setting', '/a {\n rotate 1 }\n', 2],
  ] as const)
    it(`with ${what} is broken at that line, and what is before it counts`, () => {
      const { brokenAt, entries } = parseLogrotate(`/first { }\n${text}`, '/f');
      assert.equal(brokenAt?.line, at + 1);
      assert.equal(entries[0]?.pattern, '/first');
    });

  it('of many entries is read in a moment', () => {
    const begun = performance.now();
    const text = `${'/var/log/x {\n weekly\n}\n'.repeat(20_000)}`;
    assert.equal(parseLogrotate(text, '/f').entries.length, 20_000);
    assert.ok(performance.now() - begun < 5000);
  });
});

describe('patterns', () => {
  for (const [pattern, path, fits] of [
    ['/a/*.log', '/a/b.log', true],
    ['/a/*.log', '/a/b/c.log', false],
    ['/a/*.log', '/a/.log', false],
    ['/*/b', '/a/b', true],
    ['/a/b?', '/a/bc', true],
    ['/a/[b-d]x', '/a/cx', true],
    ['/a/[!b-d]x', '/a/cx', false],
    ['/a/[z-a]', '/a/[z-a]', true],
    ['/a/\\*', '/a/*', true],
    ['/a/\\*', '/a/b', false],
    ['/a/*', '/a/with\nline feed', true],
    ['/a/b.log', '/a/bxlog', false],
  ] as const)
    it(`${pattern} ${fits ? 'is' : 'is not'} ${JSON.stringify(path)}`, () =>
      assert.equal(matchesGlob(pattern, path), fits));
});

describe('the files of a host', () => {
  it('are followed through includes, once, without names that logrotate passes over', () => {
    const host = createHost();
    const entry = (name: string) => `/var/log/${name} { }\n`;
    host.prepare.file('/etc/logrotate.conf', {
      text: `include /etc/logrotate.d\ninclude /etc/more\ninclude /etc/logrotate.conf\n${entry('own')}`,
    });
    host.prepare.file('/etc/more', { text: entry('more') });
    for (const name of ['redis', 'redis.dpkg-old', 'redis~', '.hidden'])
      host.prepare.file(`/etc/logrotate.d/${name}`, { text: entry(name) });
    const { entries, problems } = readLogrotate(host);
    assert.deepEqual(
      entries.map(({ pattern, file, line }) => `${pattern} ${file}:${line}`),
      [
        '/var/log/own /etc/logrotate.conf:4',
        '/var/log/redis /etc/logrotate.d/redis:1',
        '/var/log/more /etc/more:1',
      ],
    );
    assert.deepEqual(problems, []);
  });

  it('that are broken, missing or too large are named, and the others are read', () => {
    const host = createHost();
    host.prepare.file('/etc/logrotate.conf', { text: 'include /etc/logrotate.d\ninclude /etc/gone\n' });
    host.prepare.file('/etc/logrotate.d/a', { text: '/a { }\n/b {\n' });
    host.prepare.file('/etc/logrotate.d/huge', { bytes: 10_000_000 });
    host.prepare.link('/etc/logrotate.d/dangling', '/nowhere');
    host.prepare.file('/etc/logrotate.d/z', { text: '/z { }\n' });
    const { entries, problems } = readLogrotate(host);
    assert.deepEqual(
      entries.map(({ pattern }) => pattern),
      ['/a', '/z'],
    );
    assert.deepEqual(
      problems.map(({ code, at }) => `${code} ${at}`),
      [
        'W_LOGROTATE_UNREAD /etc/logrotate.d/a:2',
        'W_LOGROTATE_UNREAD /etc/logrotate.d/huge',
        'W_LOGROTATE_UNREAD /etc/gone',
      ],
    );
  });

  it('may name a directory through a link', () => {
    const host = createHost();
    host.prepare.directory('/data/jts/hot/redis/logs');
    host.prepare.link('/var/log/redis', '/data/jts/hot/redis/logs');
    const { entries } = parseLogrotate('/var/log/redis/*.log { }\n', '/etc/logrotate.d/redis');
    assert.equal(entriesFor(host, entries, '/data/jts/hot/redis/logs/redis-server.log').length, 1);
    assert.equal(entriesFor(host, entries, '/data/jts/hot/redis/logs/redis-server.log.1').length, 0);
  });

  it('are none where there is no logrotate', () => {
    assert.deepEqual(readLogrotate(createHost()).entries, []);
  });
});
