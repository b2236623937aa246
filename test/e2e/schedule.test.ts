// The regular runs as an operator gets them: the cron table under the real cron, the timers under a real systemd with all
// that confines them, both logs through the real logrotate, and each of them taken away without a trace.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe as group, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { builtInServices } from '../../src/services/index.ts';
import { requires } from '../requirement.ts';
import { type BootedHost, bootHost } from './booted-host.ts';
import { describe, traces } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

/** Where a package puts it: nothing of the checkout but what is run. */
const PLACE = '/opt/jts-hot';
const PARTS = ['bin', 'dist', 'node_modules', 'package.json'] as const;
const COMMAND = '/usr/local/bin/jts-hot';
const PROGRAMS = '/usr/local/libexec/jts-hot';
/** What timers and cron call. */
const PROGRAM = `${PROGRAMS}/current/bin/jts-hot`;
const PREPARE = `
  mkdir -p ${PLACE}/bin ${PLACE}/dist ${PLACE}/node_modules; touch ${PLACE}/package.json
  rm -f ${COMMAND} /etc/cron.d/jts-hot /etc/logrotate.d/jts-hot /etc/systemd/system/jts-hot*
  ln -s ${PLACE}/bin/jts-hot ${COMMAND}`;
const MONITOR_LOG = '/var/log/jts-storage-monitor.log';
const DAILY_LOG = '/var/log/jts-storage-daily.log';
const CRON_FILE = '/etc/cron.d/jts-hot';
const UNITS = '/etc/systemd/system';

type AnyHost = Pick<ThrowawayHost | BootedHost, 'run'>;

/** Expects this exit status. */
function run(host: AnyHost, argv: readonly string[], expected = 0): RunResult {
  const result = host.run(argv);
  assert.equal(result.status, expected, `${argv.join(' ')}: ${describe(result)}`);
  return result;
}

function sh(host: AnyHost, script: string, expected = 0): string {
  return run(host, ['sh', '-euc', script], expected).stdout;
}

function jtsHot(host: AnyHost, words: string, expected = 0): string {
  return run(host, [COMMAND, ...words.split(' ')], expected).stdout;
}

function throwawayHost(t: TestContext): ThrowawayHost {
  const host = startHost({ freshAccounts: true, prepare: PREPARE });
  t.after(() => host.stop());
  for (const part of PARTS)
    run(host, ['mount', '--bind', '-o', 'ro', `${REPOSITORY}/${part}`, `${PLACE}/${part}`]);
  return host;
}

/** So many lines of the short report, without a colour code. */
function requireSummaries(text: string, count: number): void {
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.length, count, text);
  for (const line of lines)
    assert.match(line, /^(OK|WARNING|CRITICAL) \d{4}-\d\d-\d\dT\S+Z \/data\/jts\/hot: /);
  assert.doesNotMatch(text, /\x1b/);
}

function requireReport(text: string): void {
  for (const { name } of builtInServices) assert.ok(text.includes(name), text);
  assert.doesNotMatch(text, /\x1b|\[E_/);
}

const samples = (host: AnyHost): number =>
  Number(sh(host, `${COMMAND} history disk --csv | tail -n +2 | wc -l`));

/** Another layout, and the units that follow from it. */
function layout(host: AnyHost, text: string): void {
  sh(host, `mkdir -p /etc/jts; cat > /etc/jts/hot-storage.yaml <<'END'\n${text}\nEND`);
  jtsHot(host, 'schedule --install');
  const units = `${UNITS}/jts-hot-record.service ${UNITS}/jts-hot-daily.service`;
  const { stdout, stderr } = run(host, ['sh', '-c', `systemd-analyze verify ${units}`]);
  assert.equal(stdout + stderr, '');
}

group('cron', () => {
  const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd', 'cron', 'logrotate'] as const;

  it('shows the very text, installs it, runs it, rotates its logs, and takes it away', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    const host = throwawayHost(t);
    jtsHot(host, 'setup');
    const before = traces(host);

    const shown = jtsHot(host, 'schedule');
    assert.match(shown, /^Cron table: not installed/);
    assert.match(jtsHot(host, 'schedule --cron --install'), /recorded as run 2/);
    const table = readFileSync(host.path(CRON_FILE), 'utf8');
    assert.ok(shown.includes(table), shown);
    assert.match(jtsHot(host, 'schedule'), /^Cron table: installed/);
    assert.match(jtsHot(host, 'schedule --cron --install'), /^Nothing to do/);
    assert.match(jtsHot(host, 'rollback --list'), /\b2 .* schedule .* applied/);
    assert.equal(sh(host, `stat -c '%U:%G %a' ${CRON_FILE}`), 'root:root 644\n');

    const lines = table.split('\n').filter((line) => /^[\d*]/.test(line));
    assert.deepEqual(lines, [
      `0 */6 * * * root ${PROGRAM} monitor -s >> ${MONITOR_LOG} 2>&1`,
      `0 6 * * * root ${PROGRAM} monitor >> ${DAILY_LOG} 2>&1`,
      `30 6 * * * root ${PROGRAM} validate -q --record`,
      `*/5 * * * * root ${PROGRAM} look`,
    ]);
    // As a user's table, which has no user in it, the real parser takes it.
    writeFileSync(host.path('/tmp/table'), table.replaceAll(' root /', ' /'));
    run(host, ['crontab', '-n', '/tmp/table']);

    const [summary = '', full = '', proof = ''] = lines.map((line) => line.split(' ').slice(6).join(' '));
    const asCronDoes = ['env', '-i', ...table.split('\n').filter((line) => /^[A-Z]+=/.test(line))];
    for (let i = 0; i < 2; i++) run(host, [...asCronDoes, 'HOME=/root', '/bin/sh', '-c', summary]);
    run(host, [...asCronDoes, 'HOME=/root', '/bin/sh', '-c', full]);
    run(host, [...asCronDoes, 'HOME=/root', '/bin/sh', '-c', proof]);
    assert.match(jtsHot(host, 'monitor --prometheus --no-record'), /^jts_hot_checks\{[^}]*"failed"\} 0$/m);
    requireSummaries(readFileSync(host.path(MONITOR_LOG), 'utf8'), 2);
    requireReport(readFileSync(host.path(DAILY_LOG), 'utf8'));
    assert.equal(samples(host), 3);

    // Cron itself, with the same lines but for the time, which would be hours to wait for.
    writeFileSync(host.path(`${CRON_FILE}-now`), table.replaceAll(/^[\d*]\S* \S+ \* \* \* /gm, '@reboot '));
    sh(host, `rm -f /run/crond.* /var/run/crond.*; rm -f ${MONITOR_LOG}`);
    const cron = host.spawn(['cron', '-f']);
    while (samples(host) < 5) await setTimeout(100);
    while (!existsSync(host.path(MONITOR_LOG)) || readFileSync(host.path(MONITOR_LOG)).length === 0)
      await setTimeout(20);
    cron.kill('SIGTERM');
    await cron.ended;
    requireSummaries(readFileSync(host.path(MONITOR_LOG), 'utf8'), 1);
    sh(host, `rm ${CRON_FILE}-now`);

    requireRotation(host);
    sh(host, `chgrp 4711 /var/log; chmod 775 /var/log; echo more >> ${MONITOR_LOG}`);
    requireRotation(host);
    sh(host, `chgrp root /var/log; chmod 755 /var/log; rm -f /var/log/jts-storage-* /tmp/table`);

    assert.match(jtsHot(host, 'rollback'), /Run 2 undone/);
    const own = /(^\w+ \/(tmp|var\/log|run|var\/run|var\/spool\/cron|var\/cache|var\/lib\/pam)\b)/;
    assert.deepEqual(
      traces(host).filter((change) => !own.test(change)),
      before.filter((change) => !own.test(change)),
    );
  });

  /** Moved away with their text, and the next run writes to new ones that the log group may read. */
  function requireRotation(host: ThrowawayHost): void {
    sh(host, 'rm -f /tmp/state');
    const text = readFileSync(host.path(MONITOR_LOG), 'utf8');
    const dry = host.run(['logrotate', '-d', '/etc/logrotate.d/jts-hot']);
    assert.doesNotMatch(dry.stdout + dry.stderr, /error|insecure|duplicate/i);
    run(host, ['logrotate', '--force', '--state', '/tmp/state', '/etc/logrotate.d/jts-hot']);
    assert.equal(readFileSync(host.path(`${MONITOR_LOG}.1`), 'utf8'), text);
    assert.equal(sh(host, `stat -c '%U:%G %a %s' ${MONITOR_LOG}`), 'root:adm 640 0\n');
    sh(host, `${COMMAND} monitor -s >> ${MONITOR_LOG}`);
    requireSummaries(readFileSync(host.path(MONITOR_LOG), 'utf8'), 1);
  }
});

group('an image', () => {
  it('gets timers that are enabled and not started, and gives them back', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemctl', 'systemd-analyze')) return;
    const host = throwawayHost(t);
    sh(
      host,
      `mkdir -p /image/usr/lib/systemd /image${PLACE}/bin; printf '#!/bin/sh\\n' > /image${PLACE}/bin/jts-hot
      cp /image${PLACE}/bin/jts-hot /image/usr/lib/systemd/systemd
      chmod 755 /image${PLACE}/bin/jts-hot /image/usr/lib/systemd/systemd`,
    );
    const before = sh(host, 'find /image -not -path "/image/var*" | sort');
    assert.match(jtsHot(host, 'schedule --root /image --install'), /record\.timer: enabled$/m);
    for (const name of ['record', 'daily', 'validate']) {
      assert.equal(
        sh(host, `readlink /image${UNITS}/timers.target.wants/jts-hot-${name}.timer`),
        `${UNITS}/jts-hot-${name}.timer\n`,
      );
      assert.equal(sh(host, `systemctl --root=/image is-enabled jts-hot-${name}.timer`), 'enabled\n');
      const { stdout } = run(host, [
        ...['systemd-analyze', 'security', '--no-pager', '--offline=yes', '--threshold=29'],
        `/image${UNITS}/jts-hot-${name}.service`,
      ]);
      t.diagnostic(/→ (.*) :/.exec(stdout)?.[1] ?? stdout);
    }
    assert.match(jtsHot(host, 'schedule --root /image --install'), /^Nothing to do/);
    jtsHot(host, 'rollback --root /image');
    assert.equal(sh(host, 'find /image -not -path "/image/var*" | sort'), before);
  });
});

group('systemd', () => {
  it('refuses timers where it does not run', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
    const host = throwawayHost(t);
    const { stderr } = run(host, [COMMAND, 'schedule', '--systemd', '--install'], 3);
    assert.match(stderr, /E_NO_SYSTEMD/);
    assert.match(stderr, /fix: sudo \S*jts-hot schedule --cron --install/);
  });

  it('cleans where that is asked for, confined, and sees what other users have open', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'systemd-nspawn')) return;
    using host = bootHost({
      prepare: PREPARE,
      binds: Object.fromEntries(PARTS.map((part) => [`${PLACE}/${part}`, `${REPOSITORY}/${part}`])),
    });
    jtsHot(host, 'setup');
    assert.match(
      jtsHot(host, 'schedule --install --clean daily'),
      /clean\.timer: enabled, waiting for its time/,
    );
    const unit = `${UNITS}/jts-hot-clean`;
    const verified = run(host, ['systemd-analyze', 'verify', `${unit}.service`, `${unit}.timer`]);
    assert.equal(verified.stdout + verified.stderr, '');
    sh(
      host,
      `cd /data/jts/hot/clickhouse/tmp; echo x > open.tmp; echo x > old.tmp; chown clickhouse: *.tmp; chmod 600 *.tmp
      touch -d '3 days ago' *.tmp
      systemd-run --quiet --uid=clickhouse sh -c 'exec sleep 1000 3< /data/jts/hot/clickhouse/tmp/open.tmp'; sleep 1
      systemctl start jts-hot-clean.service`,
    );
    assert.equal(sh(host, 'ls /data/jts/hot/clickhouse/tmp'), 'open.tmp\n');
    assert.match(sh(host, 'cat /var/log/jts-storage-clean.log'), /open\.tmp: open by sleep \(pid \d+\)/);
    assert.match(sh(host, 'ls /data/jts/hot/.jts-hot-trash'), /Z-1\n$/);
  });

  it('starts the timers, and runs what they call under all that confines it', async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'systemd-nspawn')) return;
    using host = bootHost({
      prepare: PREPARE,
      binds: Object.fromEntries(PARTS.map((part) => [`${PLACE}/${part}`, `${REPOSITORY}/${part}`])),
    });
    // Nothing runs in between because it happens to be time: a look comes every five minutes, and tells of alerts.
    sh(
      host,
      `for name in record daily validate look; do
        mkdir -p /run/systemd/system/jts-hot-$name.timer.d
        printf '[Timer]\\nOnCalendar=\\nOnCalendar=2099-01-01\\n' > /run/systemd/system/jts-hot-$name.timer.d/never.conf
      done`,
    );
    jtsHot(host, 'setup');
    assert.match(jtsHot(host, 'schedule --install'), /daily\.timer: enabled, waiting for its time/);
    assert.match(jtsHot(host, 'schedule --install'), /^Nothing to do/);
    const listed = sh(host, 'systemctl list-timers --no-pager "jts-hot-*"');
    assert.match(listed, /^4 timers listed/m);

    // An unknown key is said on stderr, with exit status 0.
    const units = ['service', 'timer'].flatMap((kind) =>
      ['record', 'daily', 'validate', 'look'].map((name) => `${UNITS}/jts-hot-${name}.${kind}`),
    );
    const verified = run(host, ['systemd-analyze', 'verify', ...units]);
    assert.equal(verified.stdout + verified.stderr, '');

    // Closed to all but its owner: what reading needs is all that root has kept.
    sh(host, `cd /data/jts/hot/kafka/data; head -c 3000000 /dev/urandom > f; chmod 700 .; chown -R kafka: .`);
    sh(host, 'systemctl start jts-hot-record.service jts-hot-daily.service');
    requireSummaries(sh(host, `cat ${MONITOR_LOG}`), 1);
    requireReport(sh(host, `cat ${DAILY_LOG}`));
    assert.match(sh(host, `grep kafka ${DAILY_LOG}`), /3\.0\d? MB/);
    assert.equal(samples(host), 2);
    assert.equal(sh(host, 'systemctl show --value -p Result jts-hot-record.service'), 'success\n');

    // The timer itself, with the hours to wait for taken out.
    sh(
      host,
      `mkdir ${UNITS}/jts-hot-record.timer.d
      printf '[Timer]\\nOnCalendar=\\nOnActiveSec=10ms\\nRandomizedDelaySec=0\\nAccuracySec=1ms\\n' \\
        > ${UNITS}/jts-hot-record.timer.d/now.conf
      systemctl daemon-reload; systemctl restart jts-hot-record.timer`,
    );
    while (samples(host) < 3) await setTimeout(100);
    sh(
      host,
      `rm -r ${UNITS}/jts-hot-record.timer.d; systemctl daemon-reload; systemctl restart jts-hot-record.timer`,
    );
    sh(host, 'systemctl start jts-hot-record.service');
    assert.match(jtsHot(host, 'schedule --install'), /^Nothing to do/);

    // CRITICAL is an answer; the history goes to its group.
    layout(host, 'services: {kafka: {planned: 1MB}}\nmonitoring: {group: adm}');
    const tight = 'CapabilityBoundingSet=cap_chown cap_dac_read_search';
    assert.equal(sh(host, 'systemctl show -p CapabilityBoundingSet jts-hot-record.service').trim(), tight);
    sh(host, 'systemctl start jts-hot-record.service');
    assert.match(sh(host, `tail -n 1 ${MONITOR_LOG}`), /^CRITICAL /);
    assert.equal(sh(host, `stat -c '%G %a' /var/lib/jts-hot/published/history.db`), 'adm 640\n');

    // The proof is each service in turn, and writes as it.
    sh(host, 'chmod 750 /data/jts/hot/kafka/data');
    const proof = (status = 0) => run(host, ['systemctl', 'start', 'jts-hot-validate.service'], status);
    proof();
    assert.equal(JSON.parse(jtsHot(host, 'monitor -j --no-record', 2)).result.checks.failed, 0);

    // An alert's own program may change what it needs to.
    sh(
      host,
      `printf '#!/bin/sh\ncat > /var/tmp/page; chown games /var/tmp/page\n' > /usr/local/bin/page
      chmod 755 /usr/local/bin/page`,
    );
    layout(
      host,
      `services: {kafka: {planned: 2MB}}
monitoring: {alerts: {channels: {ops: {type: command, run: [/usr/local/bin/page]}}}}`,
    );
    sh(host, 'systemctl start jts-hot-record.service');
    assert.match(sh(host, 'stat -c %U /var/tmp/page; cat /var/tmp/page'), /^games\n.*kafka/s);

    // What does not hold is told once, and when it holds again.
    const page = () => sh(host, 'cat /var/tmp/page; : > /var/tmp/page');
    page();
    sh(host, 'chmod 755 /data/jts/hot/kafka');
    proof(1);
    assert.match(page(), /CRITICAL \S+ \/data\/jts\/hot checks: of \d+, \d failed.*directory\.kafka/);
    proof(1);
    assert.equal(page(), '');
    sh(host, 'chmod 750 /data/jts/hot/kafka');
    proof();
    assert.match(page(), /(OK|WARNING) \S+ \/data\/jts\/hot checks: .*was CRITICAL/);

    // A base that is missing is a check that fails, and not a unit that does not start.
    sh(host, 'mv /data/jts/hot /data/jts/moved; rm /etc/jts/hot-storage.yaml');
    jtsHot(host, 'schedule --install');
    proof(1);
    assert.equal(sh(host, 'systemctl show --value -p ExecMainStatus jts-hot-validate.service'), '1\n');
    assert.ok(JSON.parse(jtsHot(host, 'monitor -j --no-record', 3)).result.checks.failed > 0);
    sh(host, 'mv /data/jts/moved /data/jts/hot');
    jtsHot(host, 'rollback');

    // A layout that cannot be read is a failure, although it ends with 2 as CRITICAL does.
    sh(host, `echo 'services: [' > /etc/jts/hot-storage.yaml`);
    run(host, ['systemctl', 'start', 'jts-hot-record.service'], 1);
    assert.match(sh(host, 'journalctl --unit jts-hot-record.service --no-pager'), /E_SPEC/);
    sh(host, 'rm /etc/jts/hot-storage.yaml');
    jtsHot(host, 'schedule --install');

    // Another base: the units are written anew, and systemd has read them.
    jtsHot(host, 'schedule --install --base /data/jts/hot/kafka');
    const reloaded = sh(host, 'systemctl show -p NeedDaemonReload,ExecStart jts-hot-record.service');
    assert.match(reloaded, /NeedDaemonReload=no/);
    assert.match(reloaded, /--base \/data\/jts\/hot\/kafka/);
    jtsHot(host, 'rollback');

    jtsHot(host, 'schedule --remove');
    assert.equal(sh(host, `ls ${UNITS}/jts-hot* /etc/logrotate.d/jts-hot 2>/dev/null || true`), '');
    assert.doesNotMatch(sh(host, 'systemctl list-units --all --no-pager "jts-hot-*"'), /jts-hot-/);
    assert.match(jtsHot(host, 'schedule --remove'), /^Nothing to remove/);
    jtsHot(host, 'rollback');
    assert.equal(
      sh(host, 'systemctl is-active jts-hot-record.timer jts-hot-daily.timer'),
      'active\nactive\n',
    );
    assert.match(jtsHot(host, 'schedule'), /^Systemd timers: installed/);
    // The three layouts since, and the first installation.
    for (let runs = 0; runs < 4; runs++) jtsHot(host, 'rollback');
    assert.equal(sh(host, `ls ${UNITS}/jts-hot* 2>/dev/null || true`), '');
  });
});

group('an update', () => {
  /** The whole checkout, as `git clone` and a first start leave it. */
  const CHECKOUT = '/srv/jts-hot';
  const SOURCES = ['bin', 'src', 'dist', 'build.ts', 'compile.ts', 'package.json', 'package-lock.json'];
  const record = 'systemctl start jts-hot-record.service';
  const current = (host: AnyHost) => sh(host, `readlink ${PROGRAMS}/current`).trim();

  it('that does not build, or is half done, stops no timer; one that works is taken over, and given back', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'systemd-nspawn')) return;
    using host = bootHost({
      prepare: `mkdir -p ${CHECKOUT} /repository; rm -rf ${PROGRAMS} /etc/systemd/system/jts-hot*`,
      binds: { '/repository': REPOSITORY },
    });
    const checkout = (words: string, expected = 0) =>
      run(host, [`${CHECKOUT}/bin/jts-hot`, ...words.split(' ')], expected);
    sh(host, `cd /repository; cp -a ${SOURCES.join(' ')} ${CHECKOUT}`);
    sh(host, `ln -s /repository/node_modules ${CHECKOUT}/node_modules`);
    checkout('setup');
    checkout('schedule --install');
    const first = current(host);
    t.diagnostic(`${first}: ${sh(host, `du -sm ${PROGRAMS}/${first}`).split('\t')[0]} MB`);
    assert.equal(sh(host, `find ${PROGRAMS} ! -type l \\( ! -user 0 -o -perm /022 \\)`), '');
    sh(host, record);
    assert.equal(sh(host, 'cat /var/lib/jts-hot/started').trim(), first);

    // `git pull` brings what does not build, and `npm ci` has taken the libraries and Node.js away.
    sh(host, `echo 'const broken = ;' >> ${CHECKOUT}/src/main.ts; rm ${CHECKOUT}/node_modules`);
    sh(host, record);
    requireSummaries(sh(host, `cat ${MONITOR_LOG}`), 2);

    // What does not start is not taken over.
    sh(host, `ln -s /repository/node_modules ${CHECKOUT}/node_modules`);
    checkout('schedule --install', 3);
    sh(host, `echo 'throw new Error("broken");' > ${CHECKOUT}/src/main.ts`);
    const broken = `${CHECKOUT}/broken`;
    sh(host, `mkdir ${broken}; cd ${CHECKOUT}; cp -a bin dist package.json node_modules ${broken}`);
    sh(
      host,
      `cd ${broken}/dist; sed -i '1i if (process.argv[2] === "--help") throw new Error("no");' jts-hot.js`,
    );
    const { stderr } = run(host, [`${broken}/bin/jts-hot`, 'schedule', '--install'], 1);
    assert.match(stderr, /refusing to switch to a program that does not start/);
    assert.equal(current(host), first);
    assert.equal(sh(host, `ls -A ${PROGRAMS}`), `${first}\ncurrent\n`);

    // One that works is.
    sh(host, `cp -a /repository/src/main.ts ${CHECKOUT}/src/main.ts; touch ${CHECKOUT}/src/main.ts`);
    sh(host, `sed -i 's/"version": "[^"]*"/"version": "99.0.0"/' ${CHECKOUT}/package.json`);
    assert.match(checkout('schedule').stdout, /^Systemd timers: not installed as below/);
    checkout('schedule --install');
    assert.match(current(host), /^99\.0\.0-/);
    sh(host, record);
    assert.equal(sh(host, 'cat /var/lib/jts-hot/started').trim(), current(host));
    assert.match(checkout('rollback').stdout, /undone/);
    assert.equal(current(host), first);
    assert.equal(sh(host, `ls -A ${PROGRAMS}`), `${first}\ncurrent\n`);
    sh(host, record);
    requireSummaries(sh(host, `cat ${MONITOR_LOG}`), 4);
  });
});

group('a disk that goes', () => {
  it('is told by the timers’ services, which start without it and do not mount it again', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'systemd-nspawn')) return;
    using host = bootHost({
      prepare: `${PREPARE}
        mkdir -p /data/jts/hot
        printf '[Mount]\\nWhat=tmpfs\\nWhere=/data/jts/hot\\nType=tmpfs\\n' > ${UNITS}/data-jts-hot.mount`,
      binds: Object.fromEntries(PARTS.map((part) => [`${PLACE}/${part}`, `${REPOSITORY}/${part}`])),
    });
    sh(host, 'systemctl start data-jts-hot.mount');
    jtsHot(host, 'setup');
    jtsHot(host, 'schedule --install');
    sh(host, 'systemctl start jts-hot-record.service');
    requireSummaries(sh(host, `cat ${MONITOR_LOG}`), 1);
    sh(host, 'systemctl stop data-jts-hot.mount');
    run(host, ['systemctl', 'start', 'jts-hot-record.service'], 1);
    assert.equal(sh(host, 'systemctl show --value -p ExecMainStatus jts-hot-record.service'), '3\n');
    assert.match(sh(host, `tail -n 1 ${MONITOR_LOG}`), /^UNKNOWN /);
    assert.equal(sh(host, 'systemctl is-active data-jts-hot.mount || true'), 'inactive\n');
  });
});

group('a file that somebody else wrote', () => {
  it('is replaced without a word of what is in it: its text is kept for root alone, and comes back', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
    const host = throwawayHost(t);
    sh(host, `mkdir -p /etc/cron.d; echo API_TOKEN=s3cr3t > ${CRON_FILE}; chmod 600 ${CRON_FILE}`);
    const refused = run(host, [COMMAND, 'schedule', '--cron', '--install', '-j'], 3);
    const text = jtsHot(host, 'schedule --cron --install --replace');
    assert.match(text, /^ {7}- API_TOKEN=\*{8}$/m);
    const records = sh(host, 'cat /var/lib/jts-hot/journal/*');
    assert.match(records, /API_TOKEN=\*{8}/);
    assert.doesNotMatch(refused.stdout + text + records, /s3cr3t/);
    assert.match(
      sh(host, "stat -c '%a %U' /var/lib/jts-hot/content /var/lib/jts-hot/content/*"),
      /^700 root\n(600 root\n)+$/,
    );
    assert.match(sh(host, 'grep -rl s3cr3t /var/lib/jts-hot'), /^\S+\/content\/000001-[0-9a-f]{64}\n$/);
    assert.doesNotMatch(jtsHot(host, 'rollback 1 -j'), /s3cr3t/);
    assert.equal(sh(host, `stat -c %a ${CRON_FILE}; cat ${CRON_FILE}`), '600\nAPI_TOKEN=s3cr3t\n');
  });
});

group('a full disk', () => {
  it('leaves the file as it was and nothing beside it, and is made good', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
    const host = throwawayHost(t);
    sh(
      host,
      `mount -t tmpfs -o mode=755,size=8k tmpfs /etc/logrotate.d
      cd /etc/logrotate.d; echo '# edited' > jts-hot; head -c 4k /dev/zero > full`,
    );
    const { stderr } = run(host, [COMMAND, 'schedule', '--cron', '--install', '--replace'], 1);
    assert.match(stderr, /cannot write a file.*\[E_IO\]/);
    assert.match(stderr, /ENOSPC/);
    assert.match(stderr, /fix: sudo \S*jts-hot schedule --cron --install --replace/);
    assert.equal(
      sh(host, 'ls -A /etc/logrotate.d; cat /etc/logrotate.d/jts-hot'),
      'full\njts-hot\n# edited\n',
    );
    sh(host, 'rm /etc/logrotate.d/full');
    assert.match(jtsHot(host, 'schedule --cron --install --replace'), /It completes run 1/);
    jtsHot(host, 'rollback');
    assert.equal(
      sh(host, 'cat /etc/logrotate.d/jts-hot; ls -A /etc/cron.d | grep jts || true'),
      '# edited\n',
    );
  });
});
