// Completion in real shells on a real terminal: TAB is typed, and the line that comes of it is read back. The program's
// own answers are tested beside answer.ts.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, it, type TestContext } from 'node:test';
import { schemaOf } from '../../src/json/schemas.ts';
import { type Requirement, requires } from '../requirement.ts';
import { jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const LAYOUT = '/etc/jts/hot-storage.yaml';

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

/** A host that is set up as run 1, with a service of its own, and with the program on the PATH. */
function hostFor(t: TestContext, ...needs: readonly Requirement[]): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', ...needs)) return null;
  if (shared !== null) return shared;
  shared = startHost({
    freshAccounts: true,
    mounted: ['/data', '/var'],
    prepare: `
      mkdir -p /etc/jts
      echo 'services: {tickdb: {user: tickdb, planned: 1GB}}' > ${LAYOUT}
      printf '#!/bin/sh\\nexec ${jtsHot().join(' ')} "$@"\\n' > /usr/local/bin/jts-hot
      chmod 755 /usr/local/bin/jts-hot`,
  });
  runJtsHot(shared, ['setup']);
  // A file beside the base, so that only who looks for directories finds one thing there.
  writeFileSync(shared.path('/data/jts/hot.txt'), '');
  return shared;
}

/** What is typed before TAB, and what the line is then. */
const LINES = [
  ['jts-hot val', 'jts-hot validate '],
  ['jts-hot setup --new', 'jts-hot setup --new-disk '],
  ['jts-hot repair kaf', 'jts-hot repair kafka '],
  ['jts-hot repair tick', 'jts-hot repair tickdb '],
  ['jts-hot rollback ', 'jts-hot rollback 1 '],
  ['jts-hot spec ch', 'jts-hot spec check '],
  ['jts-hot setup --adopt=kaf', 'jts-hot setup --adopt=kafka '],
  ['jts-hot setup --spec /etc/jts/hot', `jts-hot setup --spec ${LAYOUT} `],
  ['jts-hot setup --spec=/etc/jts/hot', `jts-hot setup --spec=${LAYOUT} `],
  ['jts-hot plan --base /data/jts/h', 'jts-hot plan --base /data/jts/hot/'],
  ['jts-hot plan --base=/data/jts/h', 'jts-hot plan --base=/data/jts/hot/'],
] as const;

/** Types each line and TAB into a shell on a terminal; Ctrl-X has the shell write its line to /dev/shm/line. */
const TYPE = `
import json, os, pty, sys, time
shell, first, lines = json.load(sys.stdin)
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'dumb'
    os.execvp(shell[0], shell)
os.set_blocking(fd, False)
def drain():
    try:
        while True: os.read(fd, 65536)
    except (BlockingIOError, OSError): pass
def wait(path):
    for i in range(1500):
        drain()
        if os.path.exists(path):
            time.sleep(0.01)
            with open(path) as f: text = f.read()
            if text.endswith('|'):
                os.unlink(path)
                return text[:-1]
        time.sleep(0.02)
    return 'nothing came'
os.write(fd, (first + "; printf 'ready|' > /dev/shm/line\\n").encode())
wait('/dev/shm/line')
found = []
for line in lines:
    os.write(fd, b'\\x15' + line.encode() + b'\\t\\x18')
    found.append(wait('/dev/shm/line'))
os.kill(pid, 9)
print(json.dumps(found))`;

const READY = {
  bash: {
    shell: ['bash', '--norc', '--noprofile', '-i'],
    first: `source <(jts-hot completion bash); bind 'set bell-style none'; bind -x '"\\C-x": printf "%s|" "$READLINE_LINE" > /dev/shm/line'`,
  },
  zsh: {
    shell: ['zsh', '-f', '-i'],
    first: `autoload -Uz compinit; compinit -u -D; source <(jts-hot completion zsh); unsetopt beep; show() { printf '%s|' "$BUFFER" > /dev/shm/line }; zle -N show; bindkey '^X' show; bindkey '^U' kill-whole-line`,
  },
} as const;

for (const shell of ['bash', 'zsh'] as const)
  it(`${shell}: commands, flags, services, runs, files and directories`, (t) => {
    const host = hostFor(t, 'python3', ...(shell === 'zsh' ? (['zsh'] as const) : []));
    if (host === null) return;
    const { status, stdout, stderr } = host.run(['python3', '-c', TYPE], {
      input: JSON.stringify([READY[shell].shell, READY[shell].first, LINES.map(([typed]) => typed)]),
    });
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      JSON.parse(stdout),
      LINES.map(([, line]) => line),
    );
  });

it('fish: commands, flags, services, runs, files and directories', (t) => {
  const host = hostFor(t, 'fish');
  if (host === null) return;
  const asked = LINES.map(([typed]) => `complete -C '${typed}'; echo end`).join('; ');
  const { status, stdout, stderr } = host.run(['fish', '-c', `jts-hot completion fish | source; ${asked}`]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const words = stdout
    .split('end\n')
    .slice(0, -1)
    .map((answer) => answer.replace(/\t.*$/gm, '').trim());
  assert.deepEqual(
    words,
    LINES.map(([, line]) => line.trim().split(' ').at(-1)),
  );
});

it('an own name on the way: the script calls the program that printed it', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = runJtsHot(host, ['completion', shell], 0, {
      env: { JTS_HOT_SELF: '../opt/it is/jts-hot' },
      cwd: '/srv',
    });
    assert.match(stdout, /command '\/opt\/it is\/jts-hot' complete/, shell);
  }
});

it('its script is in its document, with --json', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const document = JSON.parse(runJtsHot(host, ['completion', 'zsh', '-j']).stdout);
  assert.ok(schemaOf('completion').safeParse(document).success);
  assert.equal(document.result.script, runJtsHot(host, ['completion', 'zsh']).stdout);
  const unknown = host.run(jtsHot('completion', 'tcsh', '-j'));
  assert.equal(unknown.status, 2);
  assert.ok(schemaOf('error').safeParse(JSON.parse(unknown.stdout)).success);
});

it('installs and builds nothing while somebody types', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  host.run([
    'sh',
    '-ec',
    `mkdir -p /opt/new/src; cp -r ${REPOSITORY}/bin /opt/new; : > /opt/new/src/main.ts`,
  ]);
  const result = host.run(['/opt/new/bin/jts-hot', 'complete', 'bash', '']);
  assert.deepEqual(result, { status: 0, signal: null, stdout: '', stderr: '' });
  assert.equal(host.run(['ls', '/opt/new']).stdout, 'bin\nsrc\n');
});

it('says nothing where it has nothing to say, and leaves nothing behind', (t) => {
  const host = hostFor(t);
  if (host === null) return;
  const before = host.changes();
  const complete = (words: readonly string[], asUser = 'root') => {
    const { status, stdout, stderr } = host.run(jtsHot('complete', ...words), { asUser, env: { HOME: '/' } });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, words.join(' '));
    return stdout;
  };
  // The record is root's alone.
  assert.equal(complete(['bash', 'rollback', ''], 'nobody'), 'words\n');
  assert.equal(complete(['bash', 'repair', 'tick'], 'nobody'), 'words\ntickdb\n');
  for (const words of [[], ['tcsh', 'repair', ''], ['bash'], ['bash', 'repair', '--spec', '/nowhere', '']])
    assert.match(complete(words), /^(words\n)?([\w-]+\n)*$/);
  const layout = readFileSync(host.path(LAYOUT));
  writeFileSync(host.path(LAYOUT), 'services: [');
  assert.equal(complete(['zsh', 'repair', '']), 'words\n');
  writeFileSync(host.path(LAYOUT), layout);
  const changed = host.changes().filter((change) => !change.includes(LAYOUT));
  assert.deepEqual(
    changed,
    before.filter((change) => !change.includes(LAYOUT)),
  );
});
