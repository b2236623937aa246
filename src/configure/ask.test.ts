// Asking servers: by which client, as which user, with what, and what is made of the answer.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { ProgramEnd, ProgramRequest } from '../host/program.ts';
import { builtIn, builtInLayout } from '../services/index.ts';
import { checkCommand } from './check.ts';

const BASE = builtInLayout.base;
const DATA = `${BASE}/redis/data`;

let host: MemoryHost;
let started: ProgramRequest[];
beforeEach(() => {
  host = createHost();
  started = [];
  const text = `dir ${DATA}\nlogfile ${BASE}/redis/logs/redis-server.log\nport 7000\nrequirepass s3cret\n`;
  host.prepare.file('/etc/redis/redis.conf', { text });
  host.prepare.addUser({ name: 'redis', uid: 101, gid: 102, home: '/', shell: '/bin/false' });
  host.prepare.file('/usr/bin/redis-cli', { mode: '0755' });
  host.prepare.directory(DATA);
  host.prepare.start({ command: 'redis-server', directory: DATA, uid: 101 });
});

const exit = (stdout: string, status = 0, stderr = ''): ProgramEnd => ({
  ended: 'exit',
  status,
  stderr,
  stdout,
});

async function asked(end: ProgramEnd, what = 'redis') {
  const { exitCode, result } = await checkCommand(
    contextOf(host, builtInLayout),
    { what, asks: true },
    async (request) => {
      started.push(request);
      return end;
    },
  );
  const [one] = result?.services ?? [];
  assert.ok(one !== undefined);
  const { answered, problems } = one;
  return { exitCode, answered, problems, codes: problems.map(({ code }) => code) };
}

describe('a server that runs', () => {
  it('is asked by its client as its own user, for 3 seconds, its password in no argument', async () => {
    const { answered, codes, exitCode, problems } = await asked(exit(`dir\n${DATA}\n`));
    assert.deepEqual([answered, codes, exitCode], [[DATA], [], 0]);
    const [request] = started;
    assert.deepEqual(request?.argv, [
      '/usr/bin/redis-cli',
      '-e',
      '--raw',
      '-p',
      '7000',
      'CONFIG',
      'GET',
      'dir',
    ]);
    assert.deepEqual(request.environment, { REDISCLI_AUTH: 's3cret' });
    assert.deepEqual([request.as, request.timeoutMs], [{ uid: 101, gid: 102 }, 3000]);
    assert.doesNotMatch(JSON.stringify(problems), /s3cret/);
  });

  it('is not believed where it says something else than its open files', async () => {
    const { codes, exitCode, problems } = await asked(exit('dir\n/var/lib/redis\n'));
    assert.deepEqual([codes, exitCode], [['E_SAYS_OTHERWISE'], 1]);
    assert.deepEqual(problems[0]?.detail, [
      `want the same place, found ${DATA} open`,
      'found /var/lib/redis by /usr/bin/redis-cli',
    ]);
  });

  for (const [what, end, found] of [
    ['that refuses', exit('', 1, '\nNOAUTH Authentication required.\n'), /exit status 1 \(NOAUTH Auth.*\)$/],
    ['that answers something else', exit('pong\n'), /found no path in its answer$/],
    ['that does not answer', { ended: 'timeout', stderr: '' }, /found no answer within 3 s$/],
    ['whose client dies', { ended: 'signal', signal: 'SIGSEGV', stderr: '' }, /killed by SIGSEGV$/],
    ['whose client does not start', { ended: 'not started', error: 'EACCES' }, /found EACCES$/],
  ] as const)
    it(`${what} is a warning: its open files say it`, async () => {
      const { answered, codes, problems, exitCode } = await asked(end);
      assert.deepEqual([answered, codes, exitCode], [null, ['W_NOT_ASKED'], 0]);
      assert.match(String(problems[0]?.detail), found);
    });

  it('without a client is told so, and nothing is started', async () => {
    host.prepare.remove('/usr/bin/redis-cli');
    const { codes, problems } = await asked(exit(''));
    assert.deepEqual([codes, started], [['W_NOT_ASKED'], []]);
    assert.equal(
      String(problems[0]?.detail),
      'want its client /usr/bin/redis-cli or /usr/bin/valkey-cli, found none',
    );
  });

  it('of root is asked only by what nobody else could change', async () => {
    const own = `${BASE}/docker`;
    host.prepare.file('/etc/docker/daemon.json', { text: `{"data-root": "${own}"}` });
    host.prepare.file(`${own}/volumes/metadata.db`);
    host.prepare.file('/usr/bin/docker', { mode: '0775' });
    host.prepare.start({ command: 'dockerd', directory: '/', holds: [`${own}/volumes/metadata.db`] });
    const { problems } = await asked(exit(`${own}\n`), 'docker');
    assert.match(JSON.stringify(problems), /others than root can change \/usr\/bin\/docker/);
    assert.deepEqual(started, []);
    host.prepare.chmod('/usr/bin/docker', '0755');
    assert.deepEqual((await asked(exit(`${own}\n`), 'docker')).answered, [own]);
  });
});

describe('what is asked, and the answer', () => {
  const told =
    (settings: Readonly<Record<string, string>>) =>
    (...key: readonly string[]) =>
      settings[key.join('.')] ?? null;

  for (const [service, settings, words, output, answer] of [
    [
      'postgresql',
      { port: '5433', unix_socket_directories: '/run/a, /run/b' },
      /-h \/run\/a -p 5433 /,
      '/pg\n',
      ['/pg'],
    ],
    ['redis', { port: '0', unixsocket: '/run/redis.sock' }, /-s \/run\/redis\.sock /, 'dir\n/r\n', ['/r']],
    ['clickhouse', {}, /--port 9000 .*system\.disks/, '/c/\n/c2/\n', ['/c/', '/c2/']],
    ['docker', {}, /^info /, '/var/lib/docker\n', ['/var/lib/docker']],
    ['mongodb', { 'net.port': '27018' }, /--port 27018 /, '/m\n', ['/m']],
    [
      'kafka',
      { listeners: 'PLAINTEXT://0.0.0.0:19092,CONTROLLER://:19093' },
      /^--bootstrap-server localhost:19092 --describe$/,
      'Querying brokers for log directories information\nReceived log directory information from brokers 1\n' +
        '{"version":1,"brokers":[{"broker":1,"logDirs":[{"partitions":[],"error":null,"logDir":"/k"}]}]}\n',
      ['/k'],
    ],
    ['kafka', {}, /localhost:9092/, 'no brokers\n', null],
  ] as const)
    it(`${service}: ${words.source}`, () => {
      const question = builtIn(service)?.question;
      assert.match(
        question?.words(told(settings as Readonly<Record<string, string>>)).join(' ') ?? '',
        words,
      );
      assert.deepEqual(question?.answer(output), answer);
    });
});
