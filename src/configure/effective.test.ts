// What the files of a service say, in the order in which it reads them, and what cannot be read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { loadFormat } from '../formats/index.ts';
import { builtIn } from '../services/index.ts';
import { MAX_FILE_BYTES } from '../values/content.ts';
import { type Effective, lastOf, readEffective, readLast } from './effective.ts';

const CLUSTER = '/etc/postgresql/15/main';
const MAIN = `${CLUSTER}/postgresql.conf`;

async function read(host: MemoryHost, service: string, file: string): Promise<Effective> {
  const { configuration, reading } = builtIn(service) ?? {};
  assert.ok(configuration !== undefined && reading !== undefined);
  const format = await loadFormat(configuration.format as 'redis');
  return readEffective(host, { format, reading }, file);
}

const decides = ({ said }: Effective, key: string) => {
  const last = lastOf(said, [key]);
  return last === null ? null : `${last.value} ${last.at}`;
};
const wrong = ({ problems }: Effective) => problems.map(({ at, detail }) => `${at}: ${detail}`);

function hostWith(files: Readonly<Record<string, string>>): MemoryHost {
  const host = createHost();
  for (const [path, text] of Object.entries(files)) host.prepare.file(path, { text });
  return host;
}

describe('files of PostgreSQL', () => {
  it('are read in their order, the last line counts, includes stand where they are', async () => {
    const host = hostWith({
      [MAIN]: [
        "data_directory = '/one'",
        "include 'more.conf'",
        "include_if_exists = 'none.conf'",
        "include_dir 'conf.d'",
        'port = 1',
      ].join('\n'),
      [`${CLUSTER}/more.conf`]: "data_directory = '/two'\nPort = 2\n",
      [`${CLUSTER}/conf.d/b.conf`]: "data_directory = '/b'\n",
      [`${CLUSTER}/conf.d/a.conf`]: "data_directory = '/a'\n",
      [`${CLUSTER}/conf.d/.hidden.conf`]: "data_directory = '/hidden'\n",
      [`${CLUSTER}/conf.d/note.txt`]: 'no settings\n',
    });
    const found = await read(host, 'postgresql', MAIN);
    assert.deepEqual(wrong(found), []);
    assert.equal(decides(found, 'data_directory'), `/b ${CLUSTER}/conf.d/b.conf:1`);
    assert.equal(decides(found, 'port'), `1 ${MAIN}:5`);
    assert.equal(decides(found, 'none'), null);
  });

  it('what ALTER SYSTEM wrote is read last, once the data directory is known', async () => {
    const host = hostWith({ '/pg/postgresql.auto.conf': "log_directory = '/tmp'\n" });
    const { configuration, reading } = builtIn('postgresql') ?? {};
    assert.ok(configuration !== undefined && reading !== undefined);
    const format = await loadFormat('postgresql');
    const last = readLast(host, { format, reading }, '/pg');
    assert.equal(decides(last, 'log_directory'), '/tmp /pg/postgresql.auto.conf:1');
    assert.deepEqual(readLast(host, { format, reading }, '/nowhere'), { said: [], problems: [] });
  });

  for (const [what, text, at, detail] of [
    ['that include themselves', "include 'postgresql.conf'\n", `${MAIN}:1`, 'includes itself'],
    ['that include each other', "\ninclude 'loop.conf'\n", `${CLUSTER}/loop.conf:1`, 'includes itself'],
    ['too deep', "include 'deep1.conf'\n", `${CLUSTER}/deep9.conf:1`, 'at most 10 deep'],
    ['that are missing', "port = 1\ninclude 'gone.conf'\n", `${MAIN}:2`, 'found no such file'],
    ['in a directory that is missing', "include_dir = 'gone.d'\n", `${MAIN}:1`, 'found none'],
    ['that are broken', "port = 1\nport = 'open\n", `${MAIN}:2:8`, 'want a closing quote'],
    ['that are a directory', "include 'conf.d'\n", `${MAIN}:1`, 'found a directory'],
    ['that are a link of a user', "include 'link.conf'\n", `${MAIN}:1`, 'found a link'],
    ['that are a pipe', "include 'pipe.conf'\n", `${MAIN}:1`, 'found a special'],
    ['that are too large', "include 'huge.conf'\n", `${MAIN}:1`, `at most ${MAX_FILE_BYTES} bytes`],
  ] as const)
    it(`files ${what} are told, with the line that names them`, async () => {
      const host = hostWith({
        [MAIN]: text,
        [`${CLUSTER}/loop.conf`]: "include 'postgresql.conf'\n",
        '/etc/shadow': 'root:secret\n',
      });
      for (let i = 1; i < 12; i++)
        host.prepare.file(`${CLUSTER}/deep${i}.conf`, { text: `include 'deep${i + 1}.conf'\n` });
      host.prepare.directory(`${CLUSTER}/conf.d`);
      host.prepare.chown(CLUSTER, 5, 5);
      host.prepare.link(`${CLUSTER}/link.conf`, '/etc/shadow');
      host.prepare.special(`${CLUSTER}/pipe.conf`);
      host.prepare.file(`${CLUSTER}/huge.conf`, { text: '#'.repeat(MAX_FILE_BYTES + 1) });
      const found = await read(host, 'postgresql', MAIN);
      assert.equal(found.problems.length, 1, JSON.stringify(found.problems));
      assert.equal(found.problems[0]?.at, at);
      assert.match(String(found.problems[0]?.detail), new RegExp(detail));
      assert.doesNotMatch(JSON.stringify(found), /secret/);
    });
});

describe('files of Redis', () => {
  it('include by pattern and from the root, and what comes after an include counts', async () => {
    const host = hostWith({
      '/etc/redis/redis.conf': 'dir /one\ninclude /etc/redis/*.inc etc/more.conf\nDIR /last\n',
      '/etc/redis/b.inc': 'dir /b\nport 2\n',
      '/etc/redis/a.inc': 'port 1\n',
      '/etc/more.conf': 'logfile /log\n',
    });
    const found = await read(host, 'redis', '/etc/redis/redis.conf');
    assert.deepEqual(wrong(found), []);
    assert.equal(decides(found, 'dir'), '/last /etc/redis/redis.conf:3');
    assert.equal(decides(found, 'port'), '2 /etc/redis/b.inc:2');
    assert.equal(decides(found, 'logfile'), '/log /etc/more.conf:1');
  });
});

describe('files of ClickHouse', () => {
  it('are laid over its own by their paths, whatever their root is called, and take away', async () => {
    const at = '/etc/clickhouse-server';
    const xml = (inside: string, root = 'clickhouse') => `<${root}>\n${inside}\n</${root}>\n`;
    const host = hostWith({
      [`${at}/config.xml`]: xml('<path>/one/</path><tmp_path>/tmp/</tmp_path>', 'yandex'),
      [`${at}/conf.d/z.xml`]: xml('<path>/two/</path>'),
      [`${at}/config.d/a.xml`]: xml('<path>/three/</path>\n<tmp_path remove="1"/>'),
      [`${at}/users.d/a.xml`]: xml('<path>/users/</path>'),
      [`${at}/config.d/old.xml.bak`]: 'no XML',
    });
    const found = await read(host, 'clickhouse', `${at}/config.xml`);
    assert.deepEqual(wrong(found), []);
    const path = lastOf(found.said, ['clickhouse', 'path']);
    assert.deepEqual([path?.value, path?.at], ['/three/', `${at}/config.d/a.xml:2`]);
    assert.equal(lastOf(found.said, ['clickhouse', 'tmp_path']), null);
  });
});

describe('command lines', () => {
  for (const [service, words, file, settings] of [
    [
      'postgresql',
      '-D /pg -c config_file=/etc/pg.conf -c log_directory=/l',
      '/etc/pg.conf',
      'log_directory=/l',
    ],
    ['postgresql', '-D /pg --data-directory=/x', '/pg/postgresql.conf', 'data_directory=/x'],
    ['postgresql', '-D /pg -p 5433', '/pg/postgresql.conf', 'port=5433'],
    ['postgresql', '-D /pg -p5433', '/pg/postgresql.conf', 'port=5433'],
    ['postgresql', '--skip-systemctl-redirect 15-main start', null, ''],
    [
      'redis',
      '/etc/redis/redis.conf --supervised systemd --daemonize no',
      '/etc/redis/redis.conf',
      'supervised=systemd daemonize=no',
    ],
    ['redis', '--dir /x --save 60 1', null, 'dir=/x save=60 1'],
    ['redis', '', null, ''],
    ['clickhouse', '--config=/etc/c.xml --pid-file=/run/p -- --path=/x', '/etc/c.xml', 'clickhouse.path=/x'],
    [
      'kafka',
      '-Xmx1g kafka.Kafka /opt/s.properties --override log.dirs=/x',
      '/opt/s.properties',
      'log.dirs=/x',
    ],
    ['mongodb', '--config /etc/mongod.conf --dbpath=/x', '/etc/mongod.conf', 'storage.dbPath=/x'],
    ['mongodb', '-f /etc/mongod.conf --port 27018', '/etc/mongod.conf', 'net.port=27018'],
    ['docker', '-H fd:// --data-root /x', null, 'data-root=/x'],
  ] as const)
    it(`${service} ${words}`, () => {
      const read = builtIn(service)?.reading?.commandLine(words.split(' ').filter(Boolean));
      assert.equal(read?.file, file);
      assert.equal(read?.settings.map(({ key, value }) => `${key.join('.')}=${value}`).join(' '), settings);
    });
});
