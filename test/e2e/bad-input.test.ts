// Bad input through the program itself: one clear message with its place, the right exit status, and a host on which
// nothing changed, not even the record of runs. What each value means is tested beside layout-file.ts.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { jtsHot } from './product.ts';
import { type RunOptions, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const COMMANDS = ['plan', 'setup', 'validate', 'monitor', 'rollback', 'repair', 'spec'] as const;
const SPEC = '/layout.yaml';
const SAVED = '/plan.json';

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

/** One host for all: whatever a test refuses leaves it as it was, which is what the tests are about. */
function hostFor(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace')) return null;
  shared ??= startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  return shared;
}

interface Refusal {
  readonly exitCode?: 2 | 3;
  readonly code: string;
  /** What the message begins with: `file:line:column`, or a flag. */
  readonly at?: string;
  /** Also said, line breaks taken out. */
  readonly says?: readonly RegExp[];
  readonly options?: RunOptions;
}

/** One message, its exit status, no output, and no change on the host. */
function assertRefused(host: ThrowawayHost, args: readonly string[], refusal: Refusal): void {
  const before = host.changes();
  const result = host.run(jtsHot(...args), { timeoutMs: 20_000, ...refusal.options });
  assertMessage(result, refusal);
  assert.deepEqual(host.changes(), before);
  assert.ok(!before.some((change) => change.includes('/var/lib/jts-hot')));
}

function assertMessage({ status, signal, stdout, stderr }: RunResult, refusal: Refusal): void {
  const { exitCode = 2, code, at, says = [] } = refusal;
  assert.deepEqual({ status, signal, stdout }, { status: exitCode, signal: null, stdout: '' }, stderr);
  const heads = stderr.match(/^\S.* \[[EW]_\w+\]$/gm) ?? [];
  assert.equal(heads.length, 1, stderr);
  assert.match(heads[0] ?? '', new RegExp(`^(cannot|refusing) .* \\[${code}\\]$`), stderr);
  assert.doesNotMatch(stderr, /[\x00-\x09\x0b-\x1f\x7f]/);
  const flat = stderr.replace(/\s+/g, ' ');
  if (at !== undefined) assert.ok(stderr.includes(`\n  ${at}: `), `want it at ${at}: ${stderr}`);
  for (const said of says) assert.match(flat, said);
}

const KAFKA = (setting: string) => `services:\n  kafka:\n    ${setting}\n`;
const OWN = (setting: string) => `services:\n  own:\n    user: own\n    planned: 1GB\n    ${setting}\n`;

/** A file, its problem, where in it, and what else is said. */
type FileCase = readonly [what: string, text: string, code: string, at: string, ...says: readonly RegExp[]];

const LEVELS = (line: string) => `monitoring:\n  levels:\n    ${line}\n`;
const CHANNEL = (settings: string) => `monitoring:\n  alerts:\n    channels:\n      x: ${settings}\n`;

const files: readonly FileCase[] = [
  ['malformed YAML', 'services:\n  kafka: [1, 2\n', 'E_SPEC_YAML', '3:1'],
  ['a tab for indentation', 'services:\n\tkafka: {}\n', 'E_SPEC_YAML', '2:1', /[Tt]abs/],
  ['two documents', '{}\n---\n{}\n', 'E_SPEC_YAML', '2:1'],
  ['no layout at all', '- a\n', 'E_SPEC_VALUE', '1:1'],
  ['a byte that is no text', 'base: /data/\x07\n', 'E_SPEC_YAML', '1:13', /U\+0007/],
  ['an unknown key', 'bass: /data/hot\n', 'E_SPEC_KEY', '1:1', /did you mean `base`/],
  ['a misspelt setting', KAFKA('planed: 1GB'), 'E_SPEC_KEY', '3:5', /did you mean `planned`/],
  [
    'a misspelt setting of a directory',
    KAFKA('directories: {data: {purpse: x}}'),
    'E_SPEC_KEY',
    '3:26',
    /did you mean `purpose`/,
  ],
  [
    'a misspelt service',
    'services:\n  kafak:\n    planned: 1GB\n',
    'E_SPEC_MISSING',
    '2:3',
    /service `kafka`/,
  ],
  [
    'a service twice',
    'services:\n  kafka: {planned: 1GB}\n  kafka: {planned: 2GB}\n',
    'E_SPEC_DUPLICATE',
    '3:3',
    /line 2/,
  ],
  ['two services in one directory', OWN('path: kafka'), 'E_SPEC_PLACE', '5:11', /service `kafka`/],
  ['a service inside another', OWN('path: kafka/own'), 'E_SPEC_PLACE', '5:11', /is inside `kafka`/],
  [
    'a service around another',
    'services:\n  a: {user: a, planned: 1GB, path: x/y}\n  b: {user: b, planned: 1GB, path: x}\n',
    'E_SPEC_PLACE',
    '3:36',
    /holds `x\/y`/,
  ],
  ...['..', '../x', 'a/../b', '/x', '""', 'a//b', '.'].map(
    (path): FileCase => [`path ${path}`, OWN(`path: ${path}`), 'E_SPEC_NAME', '5:11'],
  ),
  ...['".."', '""', '"/x"', '"a/b"', '"a\\u0007b"', '"a\\nb"', '"a\\u202eb"'].map(
    (name): FileCase => [`directory ${name}`, OWN(`directories: {${name}: {}}`), 'E_SPEC_NAME', '5:19'],
  ),
  ...['".."', '"/a"', '""', 'base', '"a\\u001b[31mb"'].map(
    (name): FileCase => [
      `service ${name}`,
      `services:\n  ${name}: {user: a, planned: 1GB}\n`,
      'E_SPEC_NAME',
      '2:3',
    ],
  ),
  ...(
    [
      ['-1GB', /above zero/],
      ['0GB', /above zero/],
      ['0', /unit/],
      ['800', /unit/],
      ['1000.1PB', /at most 1000PB/],
      [`${'9'.repeat(400)}GB`, /at most 1000PB/],
      ['1e400GB', /a size such as/],
      ['""', /a size such as/],
      ['12 parsecs', /the unit/],
    ] as const
  ).map(
    ([size, says]): FileCase => [
      `size ${size.slice(0, 12)}`,
      KAFKA(`planned: ${size}`),
      'E_SPEC_SIZE',
      '3:14',
      says,
    ],
  ),
  ...(
    [
      ['0999', /octal/],
      ['rwxr-x---', /octal/],
      ['0x1e8', /octal/],
      ['""', /octal/],
      ['0777', /not world-writable/],
      ['0752', /not world-writable/],
      ['0600', /0700 at least/],
      ['4755', /setuid/],
    ] as const
  ).map(([mode, says]): FileCase => [`mode ${mode}`, KAFKA(`mode: ${mode}`), 'E_SPEC_MODE', '3:11', says]),
  ...['data/hot', '/', '/etc', '/usr/x', '/var', '/home', '/data/../etc', '"/a\\u0001"', '""'].map(
    (base): FileCase => [`base ${base}`, `base: ${base}\n`, 'E_SPEC_BASE', '1:7'],
  ),
  ...(
    [
      ['disk: {warning: {used: 80}}', '3:28', /with its sign/],
      ['disk: {warning: {used: 101%}}', '3:28', /at most 100%/],
      ['disk: {warning: {free: 200}}', '3:28', /with its unit/],
      ['disk: {warning: {full-in: soon}}', '3:31', /a span of time/],
      ['samples: 0', '3:14', /from 1 to 100/],
      ['margin: all', '3:13', /a percentage/],
    ] as const
  ).map(([line, at, says]): FileCase => [`levels: ${line}`, LEVELS(line), 'E_SPEC_VALUE', at, says]),
  ['levels in the wrong order', LEVELS('disk: {warning: {used: 95%}}'), 'E_SPEC_LEVELS', '3:28', /at 90%/],
  ['levels of no service', LEVELS('services: {kafak: false}'), 'E_SPEC_KEY', '3:16', /mean `kafka`/],
  ['levels in the wrong place', LEVELS('kafka: {}'), 'E_SPEC_KEY', '3:5', /below `services:` of `levels:`/],
  ['a group', 'monitoring: {group: Adm}\n', 'E_SPEC_USER', '1:21'],
  ...(
    [
      ['{type: slack}', 'E_SPEC_VALUE', '4:17', /mean `webhook`/],
      ['{type: command, run: page}', 'E_SPEC_VALUE', '4:31', /a list/],
      ['{type: command, run: [page]}', 'E_SPEC_VALUE', '4:32', /absolute path of a program/],
      ['{type: webhook}', 'E_SPEC_MISSING', '4:7', /`url`/],
      ['{type: webhook, url: file:///etc/shadow}', 'E_SPEC_VALUE', '4:31', /https:/],
      ['{type: webhook, url: https://a:b@c/}', 'E_SPEC_SECRET', '4:31', /url-file/],
      ['{type: webhook, url: https://c/, token: b}', 'E_SPEC_SECRET', '4:43', /token-file/],
      ['{type: mail, to: [-oQ/tmp]}', 'E_SPEC_VALUE', '4:28', /a mail address/],
      ['{type: mail, to: ["a@b\\nBcc: c@d"]}', 'E_SPEC_VALUE', '4:28', /`a@b\\u\{a\}Bcc/],
    ] as const
  ).map(([settings, code, at, says]): FileCase => [`channel ${settings}`, CHANNEL(settings), code, at, says]),
  ['a channel’s name', CHANNEL('{type: journal}').replace('x:', '-x:'), 'E_SPEC_NAME', '4:7'],
  ...['Kafka', '"kafka;id"', 'a'.repeat(33), '-kafka', '"0"', '"a b"', 'kafka$', '"a:b"', '"a\\nb"', 'é'].map(
    (user): FileCase => [`user ${user}`, KAFKA(`user: ${user}`), 'E_SPEC_USER', '3:11', /useradd/],
  ),
];

for (const [what, text, code, at, ...says] of files)
  it(`layout file: ${what}`, (t) => {
    const host = hostFor(t);
    if (host === null) return;
    writeFileSync(host.path(SPEC), text);
    assertRefused(host, ['setup', '--spec', SPEC], { code, at: `${SPEC}:${at}`, says });
  });

/** Distributions differ: Debian's takes a semicolon. */
it('a user name that this machine’s own useradd refuses', (t) => {
  const host = hostFor(t);
  if (host === null || !requires(t, 'useradd')) return;
  for (const name of ['', 'a'.repeat(33), '-redis', '+a', '~a', 'a b', 'a:b', 'a\nb']) {
    const BAD_ARGUMENT = 3;
    assert.equal(host.run(['useradd', '-r', '--', name]).status, BAD_ARGUMENT, JSON.stringify(name));
    writeFileSync(host.path(SPEC), KAFKA(`user: ${JSON.stringify(name)}`));
    assertRefused(host, ['setup', '--spec', SPEC], { code: 'E_SPEC_USER', at: `${SPEC}:3:11` });
  }
});

const RELATIVE_BASE = { code: 'E_SPEC_BASE', at: '--base', says: [/absolute path .* "data\/hot"/] };

for (const command of COMMANDS)
  it(`${command}: a bad layout file, base, root, flag and word`, (t) => {
    const host = hostFor(t);
    if (host === null) return;
    writeFileSync(host.path(SPEC), KAFKA('mode: 0777'));
    const wrongFile = { code: 'E_SPEC_MODE', at: `${SPEC}:3:11` };
    // A run says itself where it was: no layout is read, which may be broken by now.
    if (command !== 'rollback') {
      assertRefused(host, [command, '--spec', SPEC], wrongFile);
      assertRefused(host, [command, '--base', 'data/hot'], RELATIVE_BASE);
    }
    assertRefused(host, [command, '--root', '/nowhere'], { code: 'E_ROOT', at: '--root' });
    assertRefused(host, [command, '--bogus'], { code: 'E_USAGE', says: [/--bogus/, /usage: jts-hot/] });
    assertRefused(host, [command, 'one', 'two'], { code: 'E_USAGE' });
  });

it('rollback: a base that cannot be one', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  assertRefused(host, ['rollback', '--base', 'data/hot'], RELATIVE_BASE);
});

it('rollback: a layout file that is broken by now is not in the way', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const before = host.changes();
  host.run(['sh', '-c', `mkdir -p /etc/jts; echo 'bass: /x' > /etc/jts/hot-storage.yaml`]);
  const result = host.run(jtsHot('rollback'));
  host.run(['rm', '-r', '/etc/jts']);
  assert.deepEqual(result, { status: 0, signal: null, stdout: 'Nothing to undo.\n', stderr: '' });
  assert.deepEqual(host.changes(), before);
});

it('the layout file in its place in /etc is read too', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  host.run(['sh', '-c', `mkdir -p /etc/jts; echo 'bass: /x' > /etc/jts/hot-storage.yaml`]);
  assertRefused(host, ['setup'], { code: 'E_SPEC_KEY', at: '/etc/jts/hot-storage.yaml:1:1' });
  host.run(['rm', '-r', '/etc/jts']);
});

it('a layout file that is none: directory, pipe, device, loop, missing, 10 MB, noise', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const { status, stderr } = host.run([
    'sh',
    '-euc',
    `mkdir /dir; mkfifo /fifo; mknod /zero c 1 5; ln -s loop /loop; head -c 10000000 /dev/zero > /10MB
    head -c 1000 /usr/bin/env > /noise; i=0; while [ $i -lt 30000 ]; do echo "k$i: 1"; i=$((i+1)); done > /many`,
  ]);
  assert.equal(status, 0, stderr);
  for (const command of ['setup', 'monitor']) {
    const refuse = (file: string, refusal: Refusal) =>
      assertRefused(host, [command, '--spec', file], refusal);
    for (const file of ['/dir', '/fifo', '/zero'])
      refuse(file, { code: 'E_UNREADABLE', at: file, says: [/want a plain file/] });
    refuse('/loop', { code: 'E_UNREADABLE', at: '/loop', says: [/ELOOP/] });
    refuse('/many/x', { code: 'E_UNREADABLE', at: '/many/x', says: [/ENOTDIR/] });
    refuse('/nowhere', { code: 'E_UNREADABLE', at: '--spec', says: [/found none at \/nowhere/] });
    refuse('/10MB', {
      code: 'E_TOO_LARGE',
      at: '/10MB',
      says: [/want at most 1048576 bytes, found 10000000/],
    });
    refuse('/noise', { code: 'E_SPEC_YAML' });
    refuse('/many', { code: 'E_SPEC_LIMIT' });
  }
});

it('a layout file with nothing in it, given or in its place', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  host.run(['sh', '-c', `mkdir -p /etc/jts; : > /etc/jts/hot-storage.yaml; echo > ${SPEC}`]);
  for (const command of COMMANDS.filter((one) => one !== 'rollback')) {
    assertRefused(host, [command], { code: 'E_SPEC_EMPTY', at: '/etc/jts/hot-storage.yaml' });
    assertRefused(host, [command, '--spec', SPEC], { code: 'E_SPEC_EMPTY', at: SPEC });
  }
  host.run(['rm', '-r', '/etc/jts']);
});

it('a layout file that the user may not read', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  host.run(['sh', '-c', 'echo "base: /x" > /secret; chmod 600 /secret']);
  for (const command of ['plan', 'monitor', 'spec'])
    assertRefused(host, [command, '--spec', '/secret'], {
      code: 'E_UNREADABLE',
      at: '/secret',
      says: [/EACCES/],
      options: { asUser: 'nobody' },
    });
});

for (const base of [
  '',
  '/',
  '/etc',
  '/usr/local',
  '/data/../etc',
  '/a\nb',
  '/a\x1b[31m',
  `/${'x'.repeat(300)}`,
])
  it(`--base ${JSON.stringify(base).slice(0, 20)}`, (t) => {
    const host = hostFor(t);
    if (host === null) return;
    assertRefused(host, ['setup', '--base', base], { code: 'E_SPEC_BASE', at: '--base' });
  });

const USAGE: readonly (readonly [args: string, ...says: readonly RegExp[]])[] = [
  ['monitor -w abc', /-w, --warning .*'abc'.* 0 to 100/],
  ['monitor -w -1', /-w, --warning .*'-1'/],
  ['monitor -w 101', /-w, --warning .*'101'/],
  ['monitor -c 100.5', /-c, --critical .*'100\.5'/],
  ['monitor -w 1e1', /'1e1'/],
  ['monitor -w 85%', /'85%'/],
  ['monitor -w', /-w, --warning .* missing/],
  ['monitor -s -q', /'-q'/],
  ['validate -s -q', /'-s'/],
  ['validate -q -v', /'-q, --quiet' cannot be used with option '-v, --verbose'/],
  ['rollback abc', /'abc'.* number of a run/],
  ['rollback 0', /'0'/],
  ['rollback -1', /'-1'/],
  ['setup --sepc x', /--spec/],
  ['seutp', /Did you mean setup/],
  ['plan --spec', /--spec <file>.* missing/],
  ['--root /x', /want a command, found none/],
];

/** Words of other tools, and those that stand for them here. */
const MEANT: readonly (readonly [args: string, ...says: readonly RegExp[]])[] = [
  ['check', /unknown command 'check'/, /jts-hot validate/],
  ['--root /x check', /unknown command 'check'/, /jts-hot validate/],
  ['undo', /to undo the newest run: sudo jts-hot rollback/],
  ['setup --check', /unknown option '--check'/, /here it is called: jts-hot setup --dry-run/],
  ['plan -o x', /unknown option '-o'/, /here it is called: jts-hot plan --out FILE/],
];

for (const [args, ...says] of MEANT)
  it(args, (t) => {
    const host = hostFor(t);
    if (host === null) return;
    assertRefused(host, args.split(' '), { code: 'E_USAGE', says });
  });

for (const [args, ...says] of USAGE)
  it(args, (t) => {
    const host = hostFor(t);
    if (host === null) return;
    assertRefused(host, args.split(' '), { code: 'E_USAGE', says: [...says, /usage: jts-hot/] });
  });

it('a warning threshold above the critical one, given or built in', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const [args, says] of [
    [['-w', '90', '-c', '80'], /found -w 90 -c 80/],
    [['-w', '91'], /found -w 91 -c 90/],
    [['-c', '79.9'], /found -w 80 -c 79\.9/],
  ] as const)
    assertRefused(host, ['monitor', '-s', ...args], { code: 'E_THRESHOLDS', at: '-w, -c', says: [says] });
});

it('-j with -q: the one document says so', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const before = host.changes();
  for (const flags of [['-j', '-q'], ['-q', '-j'], ['-jq']]) {
    const result = host.run(jtsHot('validate', ...flags));
    assert.equal(JSON.parse(result.stdout).problems[0].code, 'E_USAGE');
    assertMessage({ ...result, stdout: '' }, { code: 'E_USAGE', says: [/--quiet.* --json/] });
  }
  assert.deepEqual(host.changes(), before);
});

it('repair --allow-in-use asks for --recursive: there is nothing else that it would allow', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const args of [['--allow-in-use'], ['kafka', '--allow-in-use']])
    assertRefused(host, ['repair', ...args], {
      code: 'E_USAGE',
      at: '--allow-in-use',
      says: [/want --recursive with it, found none/],
    });
});

it('a service that the layout does not have', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const says = [/want one of postgresql, .*, base/];
  for (const command of ['plan', 'setup'])
    for (const name of ['kafak', '', 'kafka,redis'])
      assertRefused(host, [command, '--adopt', name], { code: 'E_UNKNOWN_SERVICE', at: '--adopt', says });
  for (const name of ['kafak', '', '../kafka'])
    assertRefused(host, ['repair', name], { code: 'E_UNKNOWN_SERVICE', at: 'SERVICE', says });
});

it('a run that is not recorded', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  assertRefused(host, ['rollback', '7'], { code: 'E_UNKNOWN_RUN', at: 'RUN', says: [/rollback --list/] });
  assertRefused(host, ['rollback', '--list', '7'], { code: 'E_USAGE', at: 'RUN' });
});

// Saved plans

// biome-ignore lint/suspicious/noExplicitAny: it is about to be damaged.
function savedPlan(host: ThrowawayHost): any {
  assert.equal(host.run(jtsHot('plan', '--out', '/good.json')).status, 0);
  return JSON.parse(readFileSync(host.path('/good.json'), 'utf8'));
}

it('--plan: a file that is no plan', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const good = savedPlan(host);
  const text = JSON.stringify(good);
  const [service] = good.spec.services;
  const garbage = [
    '',
    'garbage',
    text.slice(0, -1),
    '\0\0\0',
    '['.repeat(100_000),
    ...[null, 5, 'plan', [], {}].map((value) => JSON.stringify(value)),
    ...[
      { ...good, schemaVersion: 2 },
      { ...good, kind: 'spec' },
      { ...good, steps: 'all' },
      { ...good, steps: [{}] },
      { ...good, spec: { ...good.spec, base: '/etc' } },
      { ...good, spec: { ...good.spec, services: [{ name: 'kafka' }] } },
      { ...good, spec: { ...good.spec, services: [{ ...service, mode: '0777' }] } },
      { ...good, spec: { ...good.spec, services: [{ ...service, plannedBytes: -1 }] } },
    ].map((value) => JSON.stringify(value)),
  ];
  for (const text of garbage) {
    writeFileSync(host.path(SAVED), text);
    assertRefused(host, ['setup', '--plan', SAVED], { code: 'E_PLAN_FILE', at: SAVED, says: [/plan --out/] });
  }
  writeFileSync(host.path(SAVED), 'x'.repeat(17 * 1024 * 1024));
  assertRefused(host, ['setup', '--plan', SAVED], { code: 'E_TOO_LARGE', at: SAVED });
  writeFileSync(host.path(SAVED), JSON.stringify({ ...good, adopt: ['kafak'] }));
  assertRefused(host, ['setup', '--plan', SAVED], { code: 'E_UNKNOWN_SERVICE' });
  host.run(['sh', '-c', 'mkdir -p /plans; mkfifo /pipe']);
  for (const file of ['/plans', '/pipe'])
    assertRefused(host, ['setup', '--plan', file], { code: 'E_UNREADABLE', at: file });
  assertRefused(host, ['setup', '--plan', '/nowhere'], { code: 'E_UNREADABLE', at: '--plan' });
});

it('--plan with flags that say something else', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  savedPlan(host);
  for (const flags of [
    ['--base', '/data/other'],
    ['--spec', SPEC],
    ['--adopt', 'kafka'],
  ])
    assertRefused(host, ['setup', '--plan', '/good.json', ...flags], {
      code: 'E_USAGE',
      at: flags[0] ?? '',
      says: [/--plan/],
    });
});

it('--plan: a stale plan, or one that says something else than its layout, is refused', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const good = savedPlan(host);
  const [first, ...others] = good.steps;
  const stale = { exitCode: 3, code: 'E_STALE_PLAN' } as const;
  const intruder = { ...first, do: { type: 'deleteUser', name: 'root' }, summary: 'harmless\x1b[8m' };
  for (const steps of [[], others, [...good.steps, first], [intruder, ...others]]) {
    writeFileSync(host.path(SAVED), JSON.stringify({ ...good, steps }));
    assertRefused(host, ['setup', '--plan', SAVED], stale);
  }
  host.run(['groupadd', '-r', 'kafka']);
  assertRefused(host, ['setup', '--plan', '/good.json'], { ...stale, says: [/no longer needed: .*kafka/] });
  host.run(['groupdel', 'kafka']);
});

it('--plan: what is wrong with the file is said in the words of a plan, with what was found', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const good = savedPlan(host);
  const [service] = good.spec.services;
  for (const [plan, says] of [
    [{ ...good, schemaVersion: 2 }, /at schemaVersion: want 1, found 2/],
    [[], /at the top: want what plan --out writes, found a list/],
    [{ ...good, steps: [{}] }, /at steps\.0\.address: want what plan --out writes, found nothing/],
    [
      { ...good, spec: { ...good.spec, services: [{ name: 'kafka' }] } },
      /at spec\.services\.0\.directories: want what plan --out writes, found nothing/,
    ],
    [
      { ...good, spec: { ...good.spec, services: [{ ...service, plannedBytes: 'x' }] } },
      /want a layout .*, found another/,
    ],
    [
      { ...good, spec: { ...good.spec, services: [service, service] } },
      /each service once, found `\w+` again/,
    ],
  ] as const) {
    writeFileSync(host.path(SAVED), JSON.stringify(plan));
    const refusal = { code: 'E_PLAN_FILE', at: SAVED, says: [says] };
    assertRefused(host, ['setup', '--plan', SAVED], refusal);
    const { stderr } = host.run(jtsHot('setup', '--plan', SAVED));
    assert.doesNotMatch(stderr, /\\x0a|Invalid input|iterable|BigInt/);
  }
});

it('--plan: the root it was made for is gone', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const good = savedPlan(host);
  for (const root of ['/nowhere', 'relative', '']) {
    writeFileSync(host.path(SAVED), JSON.stringify({ ...good, root }));
    const { status, stderr } = host.run(jtsHot('setup', '--plan', SAVED));
    assert.equal(status, 2, stderr);
    assert.doesNotMatch(stderr, /E_UNEXPECTED/);
  }
});

it('--plan with --root', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  savedPlan(host);
  host.run(['mkdir', '-p', '/image']);
  // A plan that fits is the dangerous case, so on a host of its own.
  using fresh = startHost({ freshAccounts: true });
  savedPlan(fresh);
  fresh.run(['mkdir', '/image']);
  assertRefused(fresh, ['setup', '--plan', '/good.json', '--root', '/image'], {
    code: 'E_USAGE',
    at: '--root',
  });
});

it('--out: what is there and is no plain file stays', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
  // Never with a path below /dev: the host shares it with this machine.
  using host = startHost({ freshAccounts: true });
  const { status } = host.run([
    'sh',
    '-euc',
    'mkfifo /pipe; mknod /null c 1 3; ln -s /null /link; mkdir /plans',
  ]);
  assert.equal(status, 0);
  const kinds = () => host.run(['stat', '-c', '%n %F', '/pipe', '/null', '/link', '/plans']).stdout;
  const before = kinds();
  for (const file of ['/plans', '/pipe', '/null', '/link']) {
    assert.notEqual(host.run(jtsHot('plan', '--out', file)).status, 0, file);
    assert.equal(kinds(), before);
  }
});

it('an empty --root', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const command of ['plan', 'setup'])
    assertRefused(host, [command, '--root', ''], { code: 'E_ROOT', at: '--root' });
});

it('the hint about a missing layout file can be typed, and shows no control characters', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const missing = { code: 'E_UNREADABLE', at: '--spec' };
  assertRefused(host, ['plan', '--spec', '/no\x1b[31mwhere'], missing);
  const { stderr } = host.run(jtsHot('plan', '--spec', '/started.yaml'));
  const hint = /hint: to start one, save what this prints: jts-hot (.*)/.exec(stderr)?.[1] ?? '';
  assert.equal(host.run(['sh', '-c', `${jtsHot().join(' ')} ${hint} > /started.yaml`]).status, 0, stderr);
  assert.equal(host.run(jtsHot('plan', '--spec', '/started.yaml')).status, 0);
  host.run(['rm', '/started.yaml']);
});

it('one slip in a layout file, one message', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  writeFileSync(host.path(SPEC), 'services: {kafka: {planned: "1GB}}\n');
  assertRefused(host, ['setup', '--spec', SPEC], { code: 'E_SPEC_YAML' });
});

// Not root

it('without root: refused with what to type, where root is needed', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const args of [
    'setup',
    'validate',
    'validate -q',
    'rollback',
    'rollback --list',
    'repair',
    'repair kafka --recursive',
  ]) {
    const typed = args.replace(' -q', '');
    assertRefused(host, args.split(' '), {
      exitCode: 3,
      code: 'E_NOT_ROOT',
      says: [new RegExp(`sudo jts-hot ${typed}( |$)`), /found uid 65534/],
      options: { asUser: 'nobody' },
    });
  }
});

it('without root: plan, monitor and `spec` work', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const before = host.changes();
  for (const [command, expected] of [
    ['plan', 0],
    ['monitor', 3],
    ['spec', 0],
  ] as const) {
    const { status, stdout, stderr } = host.run(jtsHot(command), { asUser: 'nobody' });
    assert.deepEqual({ status, stderr }, { status: expected, stderr: '' });
    assert.match(stdout, /kafka/);
  }
  assert.deepEqual(host.changes(), before);
});

it('without root: the whole command is there to type', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const args of [
    'rollback 1',
    'setup --adopt kafka',
    'setup --strict',
    'repair --recursive --allow-in-use',
  ])
    assertRefused(host, args.split(' '), {
      exitCode: 3,
      code: 'E_NOT_ROOT',
      says: [new RegExp(`sudo jts-hot ${args}( |$)`)],
      options: { asUser: 'nobody' },
    });
});
