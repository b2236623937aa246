// What the files of a schedule say: the run-book's lines, units as tight as the layout lets them be, both logs rotated.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInMonitoring, type Channel, type Monitoring } from '../layout/monitoring.ts';
import { isOurs } from '../values/signed.ts';
import { type ScheduleNeeds, scheduleFiles } from './files.ts';
import { mountUnitsOf } from './systemd.ts';

const NEEDS: ScheduleNeeds = {
  base: '/data/jts/hot',
  caller: { path: '/usr/local/bin/jts-hot', flags: [] },
  monitoring: builtInMonitoring,
  logGroup: 'adm',
};

function textAt(path: string, more: Partial<ScheduleNeeds> = {}): string {
  const file = scheduleFiles({ ...NEEDS, ...more }).find((one) => one.path === path);
  assert.ok(file !== undefined, path);
  return file.text;
}

/** Without comments and blank lines. */
function linesAt(path: string, more: Partial<ScheduleNeeds> = {}): readonly string[] {
  return textAt(path, more)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function watching(more: Partial<Monitoring>, ...channels: readonly Channel[]): Monitoring {
  return { ...builtInMonitoring, ...more, alerts: { ...builtInMonitoring.alerts, channels } };
}

const SERVICE = '/etc/systemd/system/jts-hot-record.service';

describe('every file', () => {
  it('is known for ours, ends its last line, and has a name that cron and systemd read', () => {
    for (const { path, text } of scheduleFiles(NEEDS)) {
      assert.ok(isOurs(text), path);
      assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'), path);
      if (path.startsWith('/etc/cron.d/')) assert.match(path, /^\/etc\/cron\.d\/[A-Za-z0-9_-]+$/);
    }
  });
});

describe('cron table', () => {
  it('has the two lines of the run-book, the proof and the look, with a shell, a path and somebody to mail to', () => {
    assert.deepEqual(linesAt('/etc/cron.d/jts-hot'), [
      'SHELL=/bin/sh',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'MAILTO=root',
      '0 */6 * * * root /usr/local/bin/jts-hot monitor -s >> /var/log/jts-storage-monitor.log 2>&1',
      '0 6 * * * root /usr/local/bin/jts-hot monitor >> /var/log/jts-storage-daily.log 2>&1',
      '30 6 * * * root /usr/local/bin/jts-hot validate -q --record',
      '*/5 * * * * root /usr/local/bin/jts-hot look',
    ]);
  });

  it('says which layout is meant', () => {
    const caller = { path: '/usr/local/bin/jts-hot', flags: ['--spec', '/etc/jts/b.yaml'] };
    assert.match(textAt('/etc/cron.d/jts-hot', { caller }), /monitor -s --spec \/etc\/jts\/b\.yaml >> /);
  });
});

describe('services', () => {
  it('run what cron runs, into the same logs', () => {
    const lines = linesAt(SERVICE);
    assert.ok(lines.includes('ExecStart=/usr/local/bin/jts-hot monitor -s'));
    assert.ok(lines.includes('StandardOutput=append:/var/log/jts-storage-monitor.log'));
    const daily = linesAt('/etc/systemd/system/jts-hot-daily.service');
    assert.ok(daily.includes('ExecStart=/usr/local/bin/jts-hot monitor'));
    assert.ok(daily.includes('StandardOutput=append:/var/log/jts-storage-daily.log'));
  });

  it('start after their disk, and without it too, give way to others, and end', () => {
    const lines = linesAt(SERVICE, { base: '/srv/hot' });
    assert.ok(!lines.some((line) => /^(Requires|RequiresMountsFor|BindsTo|Requisite|Wants)=/.test(line)));
    for (const wanted of [
      'After=srv.mount srv-hot.mount',
      'Nice=10',
      'IOSchedulingClass=idle',
      'TimeoutStartSec=1h',
      'SuccessExitStatus=1 2',
    ])
      assert.ok(lines.includes(wanted), wanted);
  });

  it('may write their state and nothing else, and never map memory that is not to be run', () => {
    const lines = linesAt(SERVICE);
    assert.ok(lines.includes('ProtectSystem=strict'));
    assert.deepEqual(
      lines.filter((line) => line.startsWith('ReadWritePaths=')),
      ['ReadWritePaths=-/var/lib/jts-hot'],
    );
    assert.ok(lines.includes('CapabilityBoundingSet=CAP_DAC_READ_SEARCH'));
    assert.ok(lines.includes('NoNewPrivileges=yes'));
    assert.ok(!lines.some((line) => /^(MemoryDenyWriteExecute|RestrictSUIDSGID)=/.test(line)));
  });

  it('may give the history to the group that is to read it', () => {
    const lines = linesAt(SERVICE, { monitoring: watching({ group: 'jts-hot' }) });
    assert.ok(lines.includes('CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_CHOWN'));
  });

  for (const [type, channel] of Object.entries({
    mail: { name: 'ops', from: 'WARNING', type: 'mail', to: ['root'], sender: null },
    command: { name: 'ops', from: 'WARNING', type: 'command', argv: ['/usr/local/bin/page'] },
  } satisfies Record<string, Channel>))
    it(`are looser where alerts start other programs: ${type}`, () => {
      const lines = linesAt(SERVICE, { monitoring: watching({}, channel) });
      assert.ok(lines.includes('ProtectSystem=full'));
      assert.ok(
        !lines.some((line) =>
          /^(NoNewPrivileges|CapabilityBoundingSet|SystemCallFilter|Private\w+|ProtectHome)=/.test(line),
        ),
      );
    });

  it('are as tight with the other channels', () => {
    const hook: Channel = {
      name: 'hook',
      from: 'WARNING',
      type: 'webhook',
      url: 'https://example.org/',
      token: { file: '/etc/jts/token' },
    };
    const monitoring = watching({}, { name: 'journal', from: 'WARNING', type: 'journal' }, hook);
    assert.equal(textAt(SERVICE, { monitoring }), textAt(SERVICE));
  });

  it('see home directories only where something that they need is in one', () => {
    const secret = (file: string) =>
      watching({}, { name: 'hook', from: 'WARNING', type: 'webhook', url: { file }, token: null });
    for (const [wanted, more] of [
      ['yes', {}],
      ['yes', { base: '/homes/hot' }],
      ['read-only', { base: '/home/hot' }],
      ['read-only', { caller: { path: '/usr/local/bin/jts-hot', flags: ['--spec', '/root/a.yaml'] } }],
      ['read-only', { monitoring: secret('/root/slack') }],
      ['yes', { monitoring: secret('/etc/jts/slack') }],
    ] as const)
      assert.ok(linesAt(SERVICE, more).includes(`ProtectHome=${wanted}`), JSON.stringify(more));
  });
});

describe('the proof', () => {
  const PROOF = '/etc/systemd/system/jts-hot-validate.service';

  it('may be each service and write where the base is, and else what the others may', () => {
    const rights = (path: string) =>
      linesAt(path).filter((line) =>
        /^(ProtectSystem|ReadOnlyPaths|ReadWritePaths|CapabilityBoundingSet)=/.test(line),
      );
    const settings = (path: string) =>
      linesAt(path).filter((line) => /^[A-Z]\w+=/.test(line) && !rights(path).includes(line));
    assert.deepEqual(rights(PROOF), [
      'ProtectSystem=full',
      'ReadOnlyPaths=-/media -/mnt -/opt -/srv -/var',
      'ReadWritePaths=-/var/lib/jts-hot',
      'CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SETUID CAP_SETGID',
    ]);
    const own = /^(Description|ExecStart|StandardOutput|SuccessExitStatus)=/;
    const others = settings(SERVICE).filter((line) => !own.test(line));
    assert.deepEqual(
      settings(PROOF).filter((line) => !own.test(line)),
      others,
    );
  });

  it('has failed where the layout does not hold, and says so in the journal', () => {
    const lines = linesAt(PROOF);
    assert.ok(lines.includes('ExecStart=/usr/local/bin/jts-hot validate -q --record'));
    assert.ok(lines.includes('StandardOutput=journal'));
    assert.ok(!lines.some((line) => line.startsWith('SuccessExitStatus=')));
  });

  it('writes below a base anywhere, also where private temporary directories would hide it', () => {
    for (const [base, closed] of [
      ['/srv/hot', '-/media -/mnt -/opt -/var'],
      ['/var/hot', '-/media -/mnt -/opt -/srv'],
      ['/various', '-/media -/mnt -/opt -/srv -/var'],
    ] as const)
      assert.ok(linesAt(PROOF, { base }).includes(`ReadOnlyPaths=${closed}`), base);
    for (const [base, hidden] of [
      ['/tmp/hot', 'no'],
      ['/var/tmp/hot', 'no'],
      ['/tmp-hot', 'yes'],
    ] as const)
      assert.ok(linesAt(PROOF, { base }).includes(`PrivateTmp=${hidden}`), base);
  });
});

describe('mount units', () => {
  // As systemd-escape --path --suffix=mount has it.
  for (const [path, wanted] of [
    ['/data/jts/hot', 'data-jts-hot.mount'],
    ['/srv/a-b/c.d/@x:y+z=1,2', 'srv-a\\x2db-c.d-\\x40x:y\\x2bz\\x3d1\\x2c2.mount'],
    ['/.hidden/.ü', '\\x2ehidden-.\\xc3\\xbc.mount'],
    ['/srv/a b', 'srv-a\\x20b.mount'],
  ] as const)
    it(`of ${path}: ${wanted}`, () => assert.equal(mountUnitsOf(path).at(-1), wanted));
});

describe('timers', () => {
  it('have the times of the cron table, and make good what was missed', () => {
    for (const [name, calendar] of [
      ['record', '*-*-* 00/6:00:00'],
      ['daily', '*-*-* 06:00:00'],
      ['validate', '*-*-* 06:30:00'],
    ]) {
      const lines = linesAt(`/etc/systemd/system/jts-hot-${name}.timer`);
      assert.ok(lines.includes(`OnCalendar=${calendar}`));
      assert.ok(lines.includes('Persistent=yes'));
      assert.ok(lines.includes('WantedBy=timers.target'));
    }
  });
});

describe('logrotate', () => {
  it('keeps eight weeks of both logs', () => {
    assert.deepEqual(linesAt('/etc/logrotate.d/jts-hot', { logGroup: 'root' }), [
      '/var/log/jts-storage-monitor.log',
      '/var/log/jts-storage-daily.log {',
      '    weekly',
      '    rotate 8',
      '    compress',
      '    delaycompress',
      '    missingok',
      '    notifempty',
      '    create 0640 root root',
      '    su root root',
      '}',
    ]);
  });
});
