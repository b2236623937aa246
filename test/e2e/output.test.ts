// Words that do not arrive: a full disk, a reader who has enough, one who is slow, a terminal that is gone. Every command
// ends at once and never with 0, unless the reader had enough.
import assert from 'node:assert/strict';
import { after, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

function start(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'python3')) return null;
  if (shared !== null) return shared;
  shared = startHost({
    freshAccounts: true,
    disks: [
      { at: BASE, size: '200m' },
      { at: '/small', size: '64k' },
    ],
  });
  runJtsHot(shared, ['setup']);
  runJtsHot(shared, ['monitor']);
  return shared;
}

/** `jts` stands for the program; a command that does not end within these seconds is killed, and has failed. */
function shell(host: ThrowawayHost, line: string): RunResult {
  const program = `jts() { timeout -s KILL 20 ${jtsHot().join(' ')} "$@"; }`;
  return host.run(['bash', '-c', `ulimit -v unlimited; ${program}; ${line}`]);
}

/** Each says something and, when it does, ends with 0. */
const COMMANDS: readonly string[] = [
  'plan',
  'plan -j',
  'setup',
  'validate',
  'validate -v',
  'validate -j',
  'monitor',
  'monitor -s',
  'monitor -j',
  'monitor --nagios',
  'monitor --prometheus',
  'record',
  'usage',
  'usage -j',
  'history',
  'history --csv',
  'alert list',
  'schedule --cron',
  'rollback --list',
  'rollback --list -j',
  'repair',
  'spec show',
  'spec check',
  'spec schema',
  'completion bash',
  '--help',
  'validate --help',
  '--version',
];

it('no command takes a report that was lost for a success', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const command of COMMANDS) {
    const heard = shell(host, `jts ${command} >/root/heard`);
    assert.equal(heard.status, 0, `${command}: ${describe(heard)}`);
    // Nor anything that a library says when the program ends.
    assert.doesNotMatch(heard.stderr, /Error|sync/, command);
    const lost = shell(host, `jts ${command} >/dev/full`);
    assert.equal(lost.status, command.startsWith('monitor') ? 3 : 1, `${command}: ${describe(lost)}`);
    assert.match(
      lost.stderr,
      /^cannot write the report +\[E_OUTPUT\]\n.*no space left on device \(ENOSPC\)$/m,
      command,
    );
  }
  for (const command of ['setup', 'monitor -s', '--help']) {
    const mute = shell(host, `jts ${command} >/dev/full 2>&1`);
    assert.equal(mute.status, command.startsWith('monitor') ? 3 : 1, command);
  }
});

it('a message that was lost is a failure, and what a command says by its status stays', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const [line, status] of [
    ['jts validate --spec /nowhere 2>/dev/full', 2],
    ['jts nonsense 2>/dev/full', 2],
    [`chmod 755 ${BASE}/kafka; jts validate >/dev/full; s=$?; chmod 750 ${BASE}/kafka; exit $s`, 1],
    ['jts monitor -w 0 -c 0 >/dev/full', 2],
  ] as const)
    assert.equal(shell(host, line).status, status, line);
});

it('a reader who has enough is no failure, and hides none', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const command of ['validate -v', 'monitor', 'rollback --list -j', 'spec schema', '--help'])
    for (const [reader, line] of [
      ['one line', `jts ${command} | head -1`],
      ['nothing', `jts ${command} | true`],
    ]) {
      const { stdout, stderr } = shell(host, `${line}; echo "status \${PIPESTATUS[0]}"`);
      assert.match(stdout, /^status 0$/m, `${command}, ${reader}: ${stdout}${stderr}`);
      assert.equal(stderr, '', `${command}, ${reader}`);
    }
  const failing = `chmod 755 ${BASE}/kafka; jts validate -v | head -1; echo "status \${PIPESTATUS[0]}"`;
  assert.match(shell(host, failing).stdout, /^status 1$/m);
  shell(host, `chmod 750 ${BASE}/kafka`);
});

it('a log on a full disk: what has room is written, the rest is a failure', (t) => {
  const host = start(t);
  if (host === null) return;
  const lost = shell(host, 'head -c 60k /dev/zero > /small/log; jts validate -j >> /small/log');
  assert.equal(lost.status, 1, describe(lost));
  assert.match(lost.stderr, /\[E_OUTPUT\]/);
  assert.equal(shell(host, 'stat -c %s /small/log').stdout, '65536\n');
});

/** Runs the program with its output on a pipe that does not block, and reads it slowly. */
const SLOW_READER = `
import fcntl, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, fcntl.fcntl(w, fcntl.F_GETFL) | os.O_NONBLOCK)
fcntl.fcntl(w, 1031, 4096)
child = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
got = b''
while True:
    time.sleep(0.02)
    piece = os.read(r, 2000)
    if not piece: break
    got += piece
sys.stdout.write('%d %d %s' % (child.wait(), len(got), got[-3:].decode().strip()))`;

it('a slow reader of a pipe that does not block gets all of it', (t) => {
  const host = start(t);
  if (host === null) return;
  const { stdout, stderr } = host.run(['python3', '-c', SLOW_READER, ...jtsHot('validate', '-j')]);
  assert.match(stdout, /^0 \d{5,} \}$/, stdout + stderr);
});

/** Runs the program on a terminal that is closed after some milliseconds; says how it ended, and after how long. */
const CLOSED_TERMINAL = `
import os, pty, signal, subprocess, sys, time
ms, argv = int(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()
signal.signal(signal.SIGHUP, signal.SIG_DFL)
child = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave)
os.close(slave)
time.sleep(ms / 1000)
os.close(master)
began = time.time()
try: status = child.wait(20)
except subprocess.TimeoutExpired: status = 'none'; child.kill()
print(status, 'soon' if time.time() - began < 10 else 'late')`;

it('a terminal that is gone ends every command, also one that nothing hangs up', (t) => {
  const host = start(t);
  if (host === null) return;
  // Not the session's terminal: no SIGHUP comes, only EIO.
  for (const [command, ms] of [
    ['monitor', 0],
    ['validate', 0],
    ['usage', 0],
    ['monitor --watch', 1500],
  ] as const) {
    const argv = jtsHot(...command.split(' '));
    const { stdout } = host.run(['python3', '-c', CLOSED_TERMINAL, String(ms), ...argv], {
      env: { TERM: 'xterm' },
    });
    assert.match(stdout, /^[1-9]\d* soon$/m, `${command}: ${stdout}`);
  }
});
