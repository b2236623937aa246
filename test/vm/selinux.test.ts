// SELinux, enforcing: labels and their rules, and back; PostgreSQL and Redis in their own domains on them; a wrong label, a denial and its
// cause. What docs/selinux.md says is looked at here, with the policy of Debian.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { BASE, writeLayout } from './bare-disk.ts';
import { isForFull } from './full.ts';
import { runInside } from './inside.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { POSTGRESQL_BIN, putPostgresql } from './postgresql-tree.ts';
import { jtsHot, putProduct } from './product.ts';

const LAYOUT = `services:
  clickhouse: false
  mongodb: false
  docker: false
  backup: false
`;
const [REDIS, POSTGRESQL] = [`${BASE}/redis`, `${BASE}/postgresql`];
const RULES = '/etc/selinux/default/contexts/files/file_contexts.local';

const sh = (machine: Machine, script: string) => mustRun(machine, ['sh', '-euc', script]);

function typesOf(machine: Machine, ...paths: readonly string[]): readonly string[] {
  // The programs of a host have no right to the files that a command's output goes to; a pipe they may write to.
  const listed = sh(machine, `stat -c %C ${paths.join(' ')} | cat`);
  return listed
    .trim()
    .split('\n')
    .map((context) => context.split(':')[2] ?? '');
}

const denials = (machine: Machine, domain: string) =>
  sh(machine, `dmesg | grep 'avc:  *denied.*scontext=[^ ]*:${domain}:' || true`);

const domainOf = (machine: Machine, unit: string) =>
  sh(machine, `cat /proc/$(systemctl show -P MainPID ${unit})/attr/current | tr -d '\\0'`).split(':')[2];

interface Check {
  readonly id: string;
  readonly status: string;
  readonly found: string;
  readonly because: string | null;
  readonly fix: string | null;
}

/** Of labels: what else is said of such a machine is not looked at. */
function failedIn(machine: Machine): readonly Check[] {
  const { stdout } = machine.run(['jts-hot', 'validate', '--json']);
  const { checks } = JSON.parse(stdout).result;
  return checks.filter(({ id, status }: Check) => id.startsWith('selinux.') && status === 'fail');
}

function startEnforcing(): Machine {
  const machine = startMachine({ kernelWords: 'security=selinux selinux=1 enforcing=1' });
  putProduct(machine);
  assert.equal(sh(machine, 'getenforce').trim(), 'Enforcing');
  // Node.js makes machine code as it runs; the policy of Debian lets no program do so at first.
  sh(machine, 'setsebool allow_execmem on');
  return machine;
}

it('SELinux, enforcing: the Linux host does with labels what every host must', async (t) => {
  if (!requires(t, 'root', 'virtual machine')) return;
  if (!isForFull(t)) return;
  using machine = startEnforcing();
  await runInside(machine, 'test/vm/selinux-inside.ts');
});

it('SELinux, enforcing: labels, both databases on them, a denial and its cause, and back', (t) => {
  if (!requires(t, 'root', 'virtual machine')) return;
  if (!isForFull(t)) return;
  using machine = startEnforcing();
  writeLayout(machine, LAYOUT);

  // What is there already: another label among it, and a link out of it.
  sh(
    machine,
    `mkdir -p ${REDIS}/data/deep && echo x >${REDIS}/data/deep/old && mkfifo ${REDIS}/data/pipe &&
    ln -s /etc/hostname ${REDIS}/data/link && mkdir ${REDIS}/data/out && mount -t tmpfs tmpfs ${REDIS}/data/out &&
    touch ${REDIS}/data/out/there && chown -Rh redis:redis ${REDIS} && chcon -t var_t ${REDIS}/data/deep/old`,
  );
  const inside = [REDIS, `${REDIS}/data/deep/old`, `${REDIS}/data/pipe`, `${REDIS}/data/link`];
  const outside = ['/etc/hostname', `${REDIS}/data/out/there`];
  const before = typesOf(machine, ...inside, ...outside);
  assert.equal(before[1], 'var_t');

  const planned = jtsHot(machine, ['plan']).stdout;
  assert.match(planned, /SELinux +\d+ rules for labels +recorded/);
  assert.match(planned.replace(/\s+/g, ' '), /of kafka: their files get var_lib_t/);
  assert.equal(sh(machine, `cat ${RULES} 2>/dev/null || true`), '', 'a plan records nothing');
  jtsHot(machine, ['setup'], 0, { timeoutMs: 600_000 });
  const again = jtsHot(machine, ['setup']).stdout;
  assert.match(again, /^Nothing to do:/m);
  assert.doesNotMatch(again, /W_NO_TYPE/);

  assert.deepEqual(typesOf(machine, BASE, POSTGRESQL, `${POSTGRESQL}/data`, `${POSTGRESQL}/logs`), [
    ...['var_lib_t', 'postgresql_db_t', 'postgresql_db_t', 'postgresql_log_t'],
  ]);
  assert.deepEqual(
    typesOf(machine, ...inside),
    inside.map(() => 'redis_var_lib_t'),
  );
  assert.deepEqual(
    typesOf(machine, ...outside),
    before.slice(inside.length),
    'nothing behind a link or a mount',
  );
  // By the rules on record, as the system's own tool reads them, nothing is to be changed.
  assert.equal(
    sh(machine, `umount ${REDIS}/data/out; rmdir ${REDIS}/data/out; restorecon -Rnv /data 2>&1 | cat`),
    '',
  );
  assert.deepEqual(failedIn(machine), []);

  // Both databases, in their own domains.
  putPostgresql(machine);
  sh(
    machine,
    `mkdir -p /run/postgresql && chown postgres:postgres /run/postgresql && restorecon -R /run/postgresql
    systemd-run --quiet --wait --uid=postgres ${POSTGRESQL_BIN}/initdb -A trust -D ${POSTGRESQL}/data
    systemd-run --quiet --unit=pg --uid=postgres ${POSTGRESQL_BIN}/postgres -D ${POSTGRESQL}/data \\
      -c logging_collector=on -c log_directory=${POSTGRESQL}/logs -c unix_socket_directories=/run/postgresql
    systemd-run --quiet --unit=rd --uid=redis redis-server --dir ${REDIS}/data --logfile ${REDIS}/logs/redis.log`,
  );
  const psql = (sql: string) =>
    sh(
      machine,
      `tries=0; until setpriv --reuid=postgres --regid=postgres --clear-groups ${POSTGRESQL_BIN}/psql -h /run/postgresql -Atc '${sql}'; do
      tries=$((tries + 1)); [ $tries -lt 60 ]; sleep 1; done 2>&1`,
    );
  assert.match(psql('create table t as select 42 as answer; checkpoint; select answer from t'), /^42$/m);
  sh(machine, 'redis-cli set k v >/dev/null; redis-cli -e save');
  assert.equal(domainOf(machine, 'pg'), 'postgresql_t');
  assert.equal(domainOf(machine, 'rd'), 'redis_t');
  assert.deepEqual(typesOf(machine, `${REDIS}/data/dump.rdb`, `${REDIS}/logs/redis.log`), [
    ...['redis_var_lib_t', 'redis_log_t'],
  ]);
  assert.doesNotMatch(
    denials(machine, 'postgresql_t') + denials(machine, 'redis_t'),
    new RegExp(`${BASE}|(add_name|remove_name)`),
  );

  // A wrong label: what it costs, who says so, and the command that mends it.
  sh(machine, `chcon -t default_t ${REDIS}/data`);
  assert.notEqual(machine.run(['redis-cli', '-e', 'save']).status, 0, 'Redis cannot save');
  const failed = failedIn(machine);
  const label = failed.find(({ id }) => id === 'selinux.label.redis/data');
  assert.equal(label?.found, 'label default_t');
  assert.equal(label?.fix, 'jts-hot repair redis');
  const denied = failed.find(({ id }) => id === 'selinux.denied.redis');
  assert.match(
    denied?.found ?? '',
    /\(redis_t\) was denied [\w, ]+ of \/data\/jts\/hot\/redis\/data, label default_t/,
  );
  assert.equal(denied?.because, 'selinux.label.redis/data');
  jtsHot(machine, ['repair', 'redis']);
  sh(machine, 'redis-cli -e save');
  assert.deepEqual(failedIn(machine), []);

  // Back: rules and labels are as they were, also of what is kept since it holds data.
  sh(machine, 'systemctl stop pg rd');
  // The mended label first.
  for (const run of ['2', '1']) jtsHot(machine, ['rollback', run], 0, { timeoutMs: 600_000 });
  assert.deepEqual(typesOf(machine, ...inside), before.slice(0, inside.length));
  assert.doesNotMatch(sh(machine, `cat ${RULES} 2>/dev/null || true`), /\/data/);
});
