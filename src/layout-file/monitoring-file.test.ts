// The `monitoring:` section of a layout file: what it means, what is wrong with it and where, and that nothing which
// is taken could do harm later.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInMonitoring, type Channel, levelsOf, type Monitoring, OFF } from '../layout/monitoring.ts';
import { type Diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { parseLayoutFile } from './layout-file.ts';

const { disk, eachService, alerts } = builtInMonitoring;

function parse(text: string): Monitoring {
  return parseLayoutFile(text, 'hot.yaml').monitoring;
}

/** Of the lines below `levels:`. */
function levels(...lines: readonly string[]): Monitoring {
  return parse(['monitoring:', '  levels:', ...lines.map((line) => `    ${line}`), ''].join('\n'));
}

/** Of one channel's settings, in one line. */
function channelText(settings: string): string {
  return `monitoring:\n  alerts:\n    channels:\n      x: ${settings}\n`;
}

function channel(settings: string): Channel {
  const { channels } = parse(channelText(settings)).alerts;
  assert.equal(channels.length, 1);
  return channels[0] as Channel;
}

describe('what is not said stays as it is built in', () => {
  for (const [what, text] of Object.entries({
    'no section': '{}',
    'an empty section': 'monitoring:\n',
    'empty parts': 'monitoring:\n  levels:\n  alerts:\n',
    'nothing but comments below': 'monitoring:\n  levels:\n    # disk:\n',
    'subjects without levels': 'monitoring: { levels: { disk: , each-service: , services: } }',
    'levels without rules': 'monitoring: { levels: { disk: { warning: , critical: {} }, services: {} } }',
    'a service without levels': 'monitoring: { levels: { services: { kafka: } } }',
    'no channels': 'monitoring: { alerts: { channels: } }',
    'just what is built in':
      'monitoring: { levels: { margin: 2%, samples: 1 }, alerts: { repeat: 24h, timeout: 10s, attempts: 3 } }',
  }))
    it(what, () => {
      assert.deepEqual(parse(text), builtInMonitoring);
    });
});

describe('levels', () => {
  it('are merged rule by rule', () => {
    const given = levels(
      'disk:',
      '  warning: { used: 70%, free: 200GB }',
      'each-service: { critical: { full-in: 12h } }',
    );
    assert.deepEqual(given, {
      ...builtInMonitoring,
      disk: { ...disk, warning: { ...disk.warning, usedPercent: 70, freeBytes: 200e9 } },
      eachService: { ...eachService, critical: { ...eachService.critical, fullInSeconds: 43_200 } },
    });
  });

  it('of a service are merged over those of each, wherever these stand', () => {
    const given = levels(
      'services: { kafka: { warning: { used: 95%, inodes: 5% }, critical: { used: false } } }',
      'each-service: { warning: { free: 10GiB } }',
    );
    assert.deepEqual(levelsOf(given, 'kafka'), {
      warning: { ...eachService.warning, usedPercent: 95, freeBytes: 10_737_418_240, inodesPercent: 5 },
      critical: { ...OFF, hardLimit: true },
    });
    assert.deepEqual(levelsOf(given, 'redis').warning, {
      ...eachService.warning,
      freeBytes: 10_737_418_240,
    });
  });

  it('are off with `false`: a rule, a level, or all of one subject', () => {
    const none = { warning: OFF, critical: OFF };
    assert.deepEqual(levels('disk: { critical: { inodes: false } }').disk, {
      ...disk,
      critical: { ...disk.critical, inodesPercent: null },
    });
    assert.deepEqual(levels('disk: { warning: false }').disk, { ...disk, warning: OFF });
    assert.deepEqual(levels('disk: false').disk, none);
    const given = levels('each-service: false', 'services: { kafka: { critical: { used: 99% } } }');
    assert.deepEqual(levelsOf(given, 'redis'), none);
    assert.deepEqual(levelsOf(given, 'kafka'), { ...none, critical: { ...OFF, usedPercent: 99 } });
    assert.deepEqual(levelsOf(levels('services: { kafka: false }'), 'kafka'), none);
  });

  it('by project quotas are on or off, of services alone', () => {
    const given = levels(
      'each-service: { warning: { soft-limit: false }, critical: { soft-limit: true } }',
      'services: { kafka: { warning: { soft-limit: true }, critical: { hard-limit: false } } }',
    );
    assert.deepEqual(given.eachService, {
      warning: { ...eachService.warning, softLimit: false },
      critical: { ...eachService.critical, softLimit: true },
    });
    assert.deepEqual(levelsOf(given, 'kafka'), {
      warning: eachService.warning,
      critical: { ...eachService.critical, softLimit: true, hardLimit: false },
    });
    assert.throws(() => levels('disk: { critical: { hard-limit: true } }'), Problem);
    assert.throws(() => levels('each-service: { critical: { hard-limit: 90% } }'), Problem);
  });

  it('may be of a service of one’s own, and of a plan that is outgrown', () => {
    const given = parse(`services:
  tickdb: { user: tickdb, planned: 100GB }
monitoring:
  levels: { services: { tickdb: { critical: { used: 120% } } } }
`);
    assert.equal(levelsOf(given, 'tickdb').critical.usedPercent, 120);
  });

  it('may be the same for warning and critical', () => {
    const { warning, critical } = levels('disk: { warning: { used: 90%, full-in: 1d } }').disk;
    assert.deepEqual(warning, { ...critical, inodesPercent: 80 });
  });

  it('have one margin, and one number of samples', () => {
    const given = levels('margin: 0.5%', 'samples: "3"');
    assert.deepEqual([given.marginPercent, given.samples], [0.5, 3]);
    assert.equal(levels('margin: 0%').marginPercent, 0);
  });
});

describe('alerts', () => {
  it('are repeated, given up and tried again as the file says', () => {
    const given = parse('monitoring: { alerts: { repeat: 6h, timeout: 90s, attempts: 10 } }');
    assert.deepEqual(given.alerts, { ...alerts, repeatSeconds: 21_600, timeoutSeconds: 90, attempts: 10 });
    assert.equal(parse('monitoring: { alerts: { repeat: never } }').alerts.repeatSeconds, null);
  });

  it('go to channels, in the order of the file', () => {
    const names = ['z', 'x1', 'a', 'b'];
    const text = `monitoring: { alerts: { channels: { ${names.map((name) => `${name}: { type: journal }`)} } } }`;
    assert.deepEqual(
      parse(text).alerts.channels.map(({ name }) => name),
      names,
    );
  });

  for (const [settings, wanted] of [
    ['{ type: journal }', { from: 'WARNING', type: 'journal' }],
    ['{ type: journal, from: critical }', { from: 'CRITICAL', type: 'journal' }],
    [
      '{ type: command, run: [/usr/local/bin/page, --team, "", "a b;$(c)"], from: warning }',
      { from: 'WARNING', type: 'command', argv: ['/usr/local/bin/page', '--team', '', 'a b;$(c)'] },
    ],
    [
      '{ type: webhook, url: https://example.org/hook }',
      { from: 'WARNING', type: 'webhook', url: 'https://example.org/hook', token: null },
    ],
    [
      '{ type: webhook, url-file: /etc/jts/url, token-file: /etc/jts/token }',
      { from: 'WARNING', type: 'webhook', url: { file: '/etc/jts/url' }, token: { file: '/etc/jts/token' } },
    ],
    [
      '{ type: webhook, url-environment: HOOK, token-environment: TOKEN }',
      { from: 'WARNING', type: 'webhook', url: { environment: 'HOOK' }, token: { environment: 'TOKEN' } },
    ],
    ['{ type: mail, to: [root] }', { from: 'WARNING', type: 'mail', to: ['root'], sender: null }],
    [
      '{ type: mail, to: [a@b.example, c@d.example], sender: jts@b.example }',
      { from: 'WARNING', type: 'mail', to: ['a@b.example', 'c@d.example'], sender: 'jts@b.example' },
    ],
  ] as const)
    it(settings, () => {
      assert.deepEqual(channel(settings), { name: 'x', ...wanted });
    });
});

it('a group may read the history', () => {
  assert.equal(parse('monitoring: { group: adm }').group, 'adm');
});

// What is wrong

function diagnosticsOf(text: string): readonly Diagnostic[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.exitCode, EXIT.usage);
    return error.diagnostics;
  }
  return [];
}

interface Complaint {
  readonly at: string;
  readonly code: string;
  readonly says: string;
  readonly hint?: string;
}

function complaintsOf(text: string): readonly Complaint[] {
  return diagnosticsOf(text).map(({ at, code, detail, hint }) => ({
    at: (at ?? '').replace(/^hot\.yaml:/, ''),
    code,
    says: detail.join('\n').replace(/^monitoring\./, ''),
    ...(hint === null ? {} : { hint }),
  }));
}

const VALUE = 'E_SPEC_VALUE';
const OFF_HINT = ', or `false` to switch it off';
const PERCENT = `want a percentage such as 80%${OFF_HINT}`;
const SPAN = 'want a span of time such as 90s, 30m, 6h, 7d or 2w';
const ADDRESS = 'want a mail address such as ops@example.org, or a user of this machine such as root';
const RUN = 'want a list of the program and its arguments, such as [/usr/local/bin/page, --team, storage]';
const WEBHOOK_KEYS = 'want one of type, from, url, url-file, url-environment, token-file, token-environment';

/** The line is the first one below `levels:`, at column 5. */
const badLevels: readonly (readonly [line: string, Complaint])[] = [
  ...(
    [
      ['used', '80', `want a percentage with its sign, such as 80%${OFF_HINT}`],
      ['used', 'high', PERCENT],
      ['used', 'true', PERCENT],
      ['used', '[80%]', PERCENT, 'a list'],
      ['used', '101%', `want at most 100%${OFF_HINT}`],
      ['used', '0%', `want more than 0%${OFF_HINT}`],
      ['inodes', '1e1%', PERCENT],
      ['free', '200', `want a size with its unit, such as 800GB or 800GiB${OFF_HINT}`],
      ['free', '0GB', `want a size above zero${OFF_HINT}`],
      ['free', '20%', `want a size such as 800GB, 1.5TB or 512GiB${OFF_HINT}`],
      ['full-in', '3', `${SPAN}${OFF_HINT}`],
      ['full-in', 'never', `${SPAN}${OFF_HINT}`],
      ['full-in', '0d', `want a span of at least 1s${OFF_HINT}`],
      ['full-in', '11111d', `want at most ten years${OFF_HINT}`],
    ] as const
  ).map(([rule, value, want, found = `\`${value}\``]): readonly [string, Complaint] => [
    `disk: { warning: { ${rule}: ${value} } }`,
    {
      at: `3:${26 + rule.length}`,
      code: VALUE,
      says: `levels.disk.warning.${rule}: ${want}, found ${found}`,
    },
  ]),
  [
    'disk: { warning: { used: } }',
    { at: '3:24', code: VALUE, says: `levels.disk.warning.used: ${PERCENT}, found nothing` },
  ],
  [
    'services: { kafka: { warning: { used: 201% } } }',
    {
      at: '3:43',
      code: VALUE,
      says: `levels.services.kafka.warning.used: want at most 200%${OFF_HINT}, found \`201%\``,
    },
  ],
  [
    'disk: { warning: 80% }',
    {
      at: '3:22',
      code: VALUE,
      says: 'levels.disk.warning: want rules (used, free, inodes, full-in), or `false` for none, found `80%`',
    },
  ],
  [
    'disk: 80%',
    {
      at: '3:11',
      code: VALUE,
      says: 'levels.disk: want levels (warning, critical), or `false` for none, found `80%`',
    },
  ],
  [
    'services: [kafka]',
    { at: '3:15', code: VALUE, says: 'levels.services: want levels by service, found a list' },
  ],
  [
    'margin: false',
    { at: '3:13', code: VALUE, says: 'levels.margin: want a percentage such as 80%, found `false`' },
  ],
  ['margin: 51%', { at: '3:13', code: VALUE, says: 'levels.margin: want at most 50%, found `51%`' }],
  ...['0', '101', '-1', '1.5', '1e1', 'two', '""'].map((value): readonly [string, Complaint] => [
    `samples: ${value}`,
    {
      at: '3:14',
      code: VALUE,
      says: `levels.samples: want a whole number from 1 to 100, found \`${value === '""' ? '' : value}\``,
    },
  ]),
  [
    'disk: { warning: { usde: 80% } }',
    {
      at: '3:24',
      code: 'E_SPEC_KEY',
      says: 'levels.disk.warning: want one of used, free, inodes, full-in, found `usde`',
      hint: 'did you mean `used`?',
    },
  ],
  [
    'disk: { used: 80% }',
    {
      at: '3:13',
      code: 'E_SPEC_KEY',
      says: 'levels.disk: want one of warning, critical, found `used`',
      hint: '`used` goes below `warning:` or `critical:`',
    },
  ],
  [
    'services: { kafka: { critcal: { used: 80% } } }',
    {
      at: '3:26',
      code: 'E_SPEC_KEY',
      says: 'levels.services.kafka: want one of warning, critical, found `critcal`',
      hint: 'did you mean `critical`?',
    },
  ],
  [
    'kafka: { warning: { used: 80% } }',
    {
      at: '3:5',
      code: 'E_SPEC_KEY',
      says: 'levels: want one of disk, each-service, services, margin, samples, found `kafka`',
      hint: 'single services go below `services:` of `levels:`',
    },
  ],
  [
    'each-service: { kafka: { warning: { used: 80% } } }',
    {
      at: '3:21',
      code: 'E_SPEC_KEY',
      says: 'levels.each-service: want one of warning, critical, found `kafka`',
      hint: 'single services go below `services:` of `levels:`',
    },
  ],
  ...['__proto__', 'constructor'].map((name): readonly [string, Complaint] => [
    `services: { ${name}: { warning: { used: 80% } } }`,
    {
      at: '3:17',
      code: 'E_SPEC_KEY',
      says: `levels.services: want a service of the layout, found \`${name}\``,
    },
  ]),
  [
    'services: { kafak: { warning: { used: 80% } } }',
    {
      at: '3:17',
      code: 'E_SPEC_KEY',
      says: 'levels.services: want a service of the layout, found `kafak`',
      hint: 'did you mean `kafka`?',
    },
  ],
  // What the values must be to each other
  [
    'disk: { warning: { used: 95% } }',
    {
      at: '3:30',
      code: 'E_SPEC_LEVELS',
      says: 'levels.disk.warning.used: want warning no later than critical, which is at 90%, found `95%`',
      hint: 'critical is inherited here: set `critical: { used: … }` as well',
    },
  ],
  [
    'disk: { critical: { inodes: 79.9% } }',
    {
      at: '3:33',
      code: 'E_SPEC_LEVELS',
      says: 'levels.disk.critical.inodes: want critical no earlier than warning, which is at 80%, found `79.9%`',
      hint: 'warning is inherited here: set `warning: { inodes: … }` as well',
    },
  ],
  [
    'disk: { warning: { full-in: 1h } }',
    {
      at: '3:33',
      code: 'E_SPEC_LEVELS',
      says: 'levels.disk.warning.full-in: want warning no later than critical, which is at 1d, found `1h`',
      hint: 'critical is inherited here: set `critical: { full-in: … }` as well',
    },
  ],
  [
    'each-service: { warning: { free: 1GB }, critical: { free: 2GB } }',
    {
      at: '3:63',
      code: 'E_SPEC_LEVELS',
      says: 'levels.each-service.critical.free: want critical no earlier than warning, which is at 1GB, found `2GB`',
    },
  ],
  [
    'each-service: { critical: { free: 2GB }, warning: { free: 1GB } }',
    {
      at: '3:63',
      code: 'E_SPEC_LEVELS',
      says: 'levels.each-service.warning.free: want warning no later than critical, which is at 2GB, found `1GB`',
    },
  ],
  // Only here: what kafka inherits is not its fault.
  [
    'services: { redis: { warning: { used: 91% } }, kafka: { warning: { free: 1GB } } }',
    {
      at: '3:43',
      code: 'E_SPEC_LEVELS',
      says: 'levels.services.redis.warning.used: want warning no later than critical, which is at 90%, found `91%`',
      hint: 'critical is inherited here: set `critical: { used: … }` as well',
    },
  ],
  [
    'each-service: { warning: { used: 91% } }\n    services: { kafka: { critical: { free: 1GB } } }',
    {
      at: '3:38',
      code: 'E_SPEC_LEVELS',
      says: 'levels.each-service.warning.used: want warning no later than critical, which is at 90%, found `91%`',
      hint: 'critical is inherited here: set `critical: { used: … }` as well',
    },
  ],
];

/** The settings of channel `x`: its name is at 4:7, they begin at 4:10. */
const badChannels: readonly (readonly [settings: string, Complaint])[] = [
  [
    '',
    {
      at: '4:7',
      code: VALUE,
      says: 'alerts.channels.x: want the settings of a channel, its type at least, found nothing',
    },
  ],
  [
    'false',
    {
      at: '4:10',
      code: VALUE,
      says: 'alerts.channels.x: want the settings of a channel, its type at least, found `false`',
    },
  ],
  [
    '{ from: critical }',
    { at: '4:7', code: 'E_SPEC_MISSING', says: 'alerts.channels.x: want `type`, found no such setting' },
  ],
  ...(
    [
      ['pigeon', undefined],
      ['jurnal', 'journal'],
      ['syslog', 'journal'],
      ['Exec', 'command'],
      ['slack', 'webhook'],
      ['e-mail', 'mail'],
    ] as const
  ).map(([type, meant]): readonly [string, Complaint] => [
    `{ type: ${type} }`,
    {
      at: '4:18',
      code: VALUE,
      says: `alerts.channels.x.type: want journal, command, webhook or mail, found \`${type}\``,
      ...(meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }),
    },
  ]),
  [
    '{ type: journal, from: info }',
    { at: '4:33', code: VALUE, says: 'alerts.channels.x.from: want warning or critical, found `info`' },
  ],
  [
    '{ type: journal, to: [a@b] }',
    {
      at: '4:27',
      code: 'E_SPEC_KEY',
      says: 'alerts.channels.x: want one of type, from, found `to`',
      hint: '`to` goes with `type: mail`',
    },
  ],
  [
    '{ type: command }',
    { at: '4:7', code: 'E_SPEC_MISSING', says: 'alerts.channels.x: want `run`, found no such setting' },
  ],
  [
    '{ type: command, run: /bin/page now }',
    { at: '4:32', code: VALUE, says: `alerts.channels.x.run: ${RUN}, found \`/bin/page now\`` },
  ],
  [
    '{ type: command, run: [] }',
    {
      at: '4:32',
      code: VALUE,
      says: 'alerts.channels.x.run: want the absolute path of a program, such as /usr/local/bin/page, found an empty list',
    },
  ],
  [
    '{ type: command, run: [page, now] }',
    {
      at: '4:33',
      code: VALUE,
      says: 'alerts.channels.x.run[0]: want the absolute path of a program, such as /usr/local/bin/page, found `page`',
    },
  ],
  [
    '{ type: command, run: [/bin/../tmp/page] }',
    {
      at: '4:33',
      code: VALUE,
      says: 'alerts.channels.x.run[0]: want a name, not `.` or `..`, between its slashes, found `/bin/../tmp/page`',
    },
  ],
  [
    '{ type: command, run: [/bin/page, "a\\0b"] }',
    {
      at: '4:44',
      code: VALUE,
      says: 'alerts.channels.x.run[1]: want an argument of one line, found `a\\u{0}b`',
    },
  ],
  [
    '{ type: command, run: [/bin/page, [a]] }',
    { at: '4:44', code: VALUE, says: 'alerts.channels.x.run[1]: want an argument, found a list' },
  ],
  [
    '{ type: webhook }',
    {
      at: '4:7',
      code: 'E_SPEC_MISSING',
      says: 'alerts.channels.x: want `url`, `url-file` or `url-environment`, found no such setting',
    },
  ],
  [
    '{ type: webhook, url: https://a/b, url-file: /etc/jts/url }',
    {
      at: '4:45',
      code: VALUE,
      says: 'alerts.channels.x: want one of `url` and `url-file`, found both',
    },
  ],
  [
    '{ type: webhook, url: https://a/b, token-environment: T, token-file: /etc/jts/t }',
    {
      at: '4:45',
      code: VALUE,
      says: 'alerts.channels.x: want one of `token-file` and `token-environment`, found both',
    },
  ],
  [
    '{ type: webhook, url: "ftp://a/b" }',
    {
      at: '4:32',
      code: VALUE,
      says: 'alerts.channels.x.url: want an address that begins with https:// or http://, found something else',
    },
  ],
  [
    '{ type: webhook, url: https://ops:word@example.org/ }',
    {
      at: '4:32',
      code: 'E_SPEC_SECRET',
      says: 'alerts.channels.x.url: want an address without user and password, found one with them',
      hint: 'keep the address in a file that only root can read: `url-file: /etc/jts/url`',
    },
  ],
  [
    '{ type: webhook, url: https://a/b, token: word }',
    {
      at: '4:45',
      code: 'E_SPEC_SECRET',
      says: `alerts.channels.x: ${WEBHOOK_KEYS}, found \`token\``,
      hint: 'keep it in a file that only root can read: `token-file: /etc/jts/token`',
    },
  ],
  [
    '{ type: webhook, url: https://a/b, token-file: token }',
    {
      at: '4:57',
      code: VALUE,
      says: 'alerts.channels.x.token-file: want the absolute path of a file such as /etc/jts/token, found something else',
    },
  ],
  [
    '{ type: webhook, url-environment: $URL }',
    {
      at: '4:44',
      code: VALUE,
      says: 'alerts.channels.x.url-environment: want the name of an environment variable such as JTS_ALERT_TOKEN, found something else',
    },
  ],
  [
    '{ type: mail }',
    { at: '4:7', code: 'E_SPEC_MISSING', says: 'alerts.channels.x: want `to`, found no such setting' },
  ],
  ...(['[]', 'ops@example.org', '{ a: b }'] as const).map((to, i): readonly [string, Complaint] => [
    `{ type: mail, to: ${to} }`,
    {
      at: '4:28',
      code: VALUE,
      says: `alerts.channels.x.to: want a list of mail addresses such as [ops@example.org], found ${['an empty list', '`ops@example.org`', 'a map'][i]}`,
    },
  ]),
  ...(['-oQ/tmp', 'a@b\\nBcc: c@d', '|/bin/sh'] as const).map((to): readonly [string, Complaint] => [
    `{ type: mail, to: [root, "${to}"] }`,
    {
      at: '4:35',
      code: VALUE,
      says: `alerts.channels.x.to[1]: ${ADDRESS}, found \`${to.replace('\\n', '\\u{a}')}\``,
    },
  ]),
  [
    '{ type: mail, to: [root], sender: "Ops <ops@b>" }',
    { at: '4:44', code: VALUE, says: `alerts.channels.x.sender: ${ADDRESS}, found \`Ops <ops@b>\`` },
  ],
];

const badOthers: readonly (readonly [text: string, Complaint])[] = [
  [
    'monitoring: [group]',
    { at: '1:13', code: VALUE, says: 'monitoring: want `group:`, `levels:`, `alerts:`, found a list' },
  ],
  [
    'monitoring: { levels: off }',
    {
      at: '1:23',
      code: VALUE,
      says: 'levels: want `disk:`, `each-service:`, `services:`, `margin:`, `samples:`, found `off`',
    },
  ],
  [
    'monitoring: { group: "a b" }',
    {
      at: '1:22',
      code: 'E_SPEC_USER',
      says: 'group: want a name that useradd takes: a-z, 0-9, `_` and `-`, a letter or `_` first, at most 32 characters, found `a b`',
    },
  ],
  [
    'monitoring: { group: }',
    { at: '1:15', code: 'E_SPEC_USER', says: 'group: want a group name such as adm, found nothing' },
  ],
  [
    'monitoring: { alert: {} }',
    {
      at: '1:15',
      code: 'E_SPEC_KEY',
      says: 'monitoring: want one of group, levels, alerts, found `alert`',
      hint: 'did you mean `alerts`?',
    },
  ],
  [
    'monitoring: { disk: {} }',
    {
      at: '1:15',
      code: 'E_SPEC_KEY',
      says: 'monitoring: want one of group, levels, alerts, found `disk`',
      hint: '`disk` goes below `levels:`',
    },
  ],
  [
    'monitoring: { channels: {} }',
    {
      at: '1:15',
      code: 'E_SPEC_KEY',
      says: 'monitoring: want one of group, levels, alerts, found `channels`',
      hint: '`channels` goes below `alerts:`',
    },
  ],
  [
    'alerts: {}',
    {
      at: '1:1',
      code: 'E_SPEC_KEY',
      says: 'want one of version, base, mount, units, services, monitoring, clean, backups, storage, quota, selinux, found `alerts`',
      hint: '`alerts` goes below `monitoring:`',
    },
  ],
  [
    'services: { kafka: false }\nmonitoring: { levels: { services: { kafka: false } } }',
    {
      at: '2:37',
      code: 'E_SPEC_KEY',
      says: 'levels.services: want a service of the layout, found `kafka`',
    },
  ],
  ...(['false', 'no', '24', '-1h', '1y'] as const).map((value): readonly [string, Complaint] => [
    `monitoring: { alerts: { repeat: ${value} } }`,
    {
      at: '1:33',
      code: VALUE,
      says: `alerts.repeat: want a span of time such as 24h, or \`never\`, found \`${value}\``,
    },
  ]),
  [
    'monitoring: { alerts: { timeout: 11m } }',
    { at: '1:34', code: VALUE, says: 'alerts.timeout: want at most 10m, found `11m`' },
  ],
  [
    'monitoring: { alerts: { timeout: never } }',
    { at: '1:34', code: VALUE, says: `alerts.timeout: ${SPAN}, found \`never\`` },
  ],
  [
    'monitoring: { alerts: { attempts: 0 } }',
    { at: '1:35', code: VALUE, says: 'alerts.attempts: want a whole number from 1 to 10, found `0`' },
  ],
  [
    'monitoring: { alerts: { channels: [log] } }',
    {
      at: '1:35',
      code: VALUE,
      says: 'alerts.channels: want channels by name, each with its type, found a list',
    },
  ],
  [
    'monitoring: { alerts: { channels: { log: { type: journal }, log: { type: journal } } } }',
    {
      at: '1:61',
      code: 'E_SPEC_DUPLICATE',
      says: 'want each key once, found `log` again; the first is on line 1',
    },
  ],
  ...(['-x', '__proto__', '"a b"', '"a\\nb"', '""'] as const).map((name): readonly [string, Complaint] => [
    `monitoring: { alerts: { channels: { ${name}: { type: journal } } } }`,
    {
      at: '1:37',
      code: 'E_SPEC_NAME',
      says: `alerts.channels: want a name of letters, digits, \`_\`, \`.\` and \`-\`, a letter first, at most 32 characters, found \`${name.replaceAll('"', '').replace('\\n', '\\u{a}')}\``,
    },
  ]),
];

const bad: readonly (readonly [what: string, text: string, Complaint])[] = [
  ...badLevels.map(
    ([line, complaint]) => [line, `monitoring:\n  levels:\n    ${line}\n`, complaint] as const,
  ),
  ...badChannels.map(([settings, complaint]) => [settings, channelText(settings), complaint] as const),
  ...badOthers.map(([text, complaint]) => [text, text, complaint] as const),
];

describe('refused at its place:', () => {
  for (const [what, text, complaint] of bad)
    it(what, () => {
      assert.deepEqual(complaintsOf(text), [complaint]);
    });

  it('every problem, in the order of the file', () => {
    const text = `monitoring:
  group: Adm
  levels:
    disk: { warning: { used: 95% } }
    each-service: { critical: { used: 70% } }
    kafka: { warning: { used: 70% } }
    services: { kafak: false, redis: { warning: { used: 5 } }, kafka: { warning: { free: 1GB }, critical: { free: 2GB } } }
  alerts:
    repeat: soon
    channels:
      -x: { type: jurnal }
      y: { type: command, run: [page, "a\\nb"], to: [x] }
      z: { type: webhook, token: x, url-file: x }
services: { kafka: { planned: 1 } }
`;
    assert.deepEqual(
      complaintsOf(text).map(({ at, code }) => `${at} ${code}`),
      [
        '2:10 E_SPEC_USER',
        '4:30 E_SPEC_LEVELS',
        '5:39 E_SPEC_LEVELS',
        '6:5 E_SPEC_KEY',
        '7:17 E_SPEC_KEY',
        '7:57 E_SPEC_VALUE',
        '7:115 E_SPEC_LEVELS',
        '9:13 E_SPEC_VALUE',
        '11:7 E_SPEC_NAME',
        '11:19 E_SPEC_VALUE',
        '12:33 E_SPEC_VALUE',
        '12:39 E_SPEC_VALUE',
        '12:48 E_SPEC_KEY',
        '13:27 E_SPEC_SECRET',
        '13:47 E_SPEC_VALUE',
        '14:31 E_SPEC_SIZE',
      ],
    );
  });

  it('in summaries that are constant and in the house’s words', () => {
    const summaries = new Map<string, Set<string>>();
    for (const [, text] of bad)
      for (const { code, summary } of diagnosticsOf(text))
        summaries.set(code, (summaries.get(code) ?? new Set()).add(summary));
    for (const [code, texts] of summaries) {
      assert.equal(texts.size, 1, code);
      for (const text of texts) assert.match(text, /^(cannot|refusing to) /, code);
    }
  });
});

it('a secret that stands in the wrong line is not shown again', () => {
  const SECRET = 'Tr0ub4dor';
  const settings = [
    ...['url', 'url-file', 'url-environment', 'token-file', 'token-environment', 'token', 'password'].flatMap(
      (key) =>
        [SECRET, `"${SECRET} x"`, `[${SECRET}]`, `{ ${SECRET}: x }`, `{ a: ${SECRET} }`].map(
          (value) => `${key}: ${value}`,
        ),
    ),
    `url: https://${SECRET}@example.org/`,
    `url: https://ops:${SECRET}@example.org/`,
    `url: https://example.org:${SECRET}/`,
    `url: "https://example.org/${SECRET} "`,
    `url: http://a/, url-file: ${SECRET}`,
    `headers: { Authorization: Bearer ${SECRET} }`,
  ];
  for (const one of settings) {
    const text = channelText(`{ type: webhook, ${one} }`);
    const told = diagnosticsOf(text);
    // A single word may be the name of a variable.
    if (one !== `url-environment: ${SECRET}` && !/^token-environment: \w+$/.test(one))
      assert.notEqual(told.length, 0, one);
    assert.ok(!JSON.stringify(told).includes(SECRET), `${one}: ${JSON.stringify(told)}`);
  }
});
