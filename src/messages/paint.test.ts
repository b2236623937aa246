// How text is laid out: lines that fit, columns that align, colour only when asked for, and names that play no tricks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columns, createPaint, ends, keepCommands, keepWhole, plain, plural, wrap } from './paint.ts';
import { createTypedCommand } from './typed-command.ts';

describe('wrap', () => {
  it('breaks at blanks, so that no line is longer than 80', () => {
    const words = Array.from({ length: 60 }, (_, i) => 'x'.repeat(1 + (i % 13)));
    for (const indent of ['', '    ', '          ']) {
      const lines = wrap(words.join(' '), indent, `${indent}- `).split('\n');
      assert.ok(lines.length > 3);
      for (const line of lines) assert.ok(line.length <= 80 && line.startsWith(indent), line);
      assert.equal(lines.map((line) => line.trim()).join(' '), `- ${words.join(' ')}`);
      // None of them has room for the next one's first word.
      lines.slice(0, -1).forEach((line, i) => {
        const [next = ''] = (lines[i + 1] ?? '').trim().split(' ');
        assert.ok(line.length + 1 + next.length > 80);
      });
    }
  });

  it('fills a line to the last character, and no further', () => {
    const [a, b] = ['x'.repeat(39), 'y'.repeat(40)];
    assert.equal(wrap(`${a} ${b}`, ''), `${a} ${b}`);
    assert.equal(wrap(`${a} ${b}z`, ''), `${a}\n${b}z`);
  });

  it('leaves a word that is longer than a line whole, to be copied', () => {
    const path = `/${'x'.repeat(100)}`;
    assert.equal(wrap(`see ${path} there`, '    ', '  '), `  see\n    ${path}\n    there`);
    assert.equal(wrap(path, '    ', '  '), `  ${path}`);
  });

  it('keeps what is quoted on one line, with all its blanks, and takes no apostrophe for a quote', () => {
    for (const quoted of [
      '"/hot disk/a  b"',
      "'/hot disk/it is, all of it'",
      '`jts-hot setup --adopt kafka`',
    ])
      for (let before = 0; before < 80; before++) {
        const text = `${'x'.repeat(before)} found ${quoted}, and then more of it`;
        assert.ok(
          wrap(text, '    ')
            .split('\n')
            .some((line) => line.includes(quoted)),
          wrap(text, '    '),
        );
      }
    const words = "kafka's own, the service's other one's ".repeat(5).trim();
    for (const line of wrap(words, '').split('\n')) assert.ok(line.length <= 80);
  });

  it('keeps a path whole that it is told of, and gives back every character of it', () => {
    for (const path of ['/hot disk/a', '/a  b', '/a\u00a0b', `/${'x y'.repeat(40)}`])
      for (let before = 0; before < 80; before += 7) {
        const text = wrap(`${'x'.repeat(before)} left: ${keepWhole(path)}: it holds data`, '    ');
        assert.ok(
          text.split('\n').some((line) => line.includes(path)),
          text,
        );
      }
  });

  it('makes one blank of many', () => assert.equal(wrap('a   b', ''), 'a b'));
});

describe('commands in running text', () => {
  const flags = ['--base', '/srv/storage/nvme-mirror-0/trading-platform/hot', '--root', '/mnt/some image'];
  const { command } = createTypedCommand('/opt/jts-hot/bin/jts-hot', flags);
  const commands = [
    command('setup --adopt kafka'),
    `sudo ${command('rollback 1')}`,
    'jts-hot repair kafka --recursive',
    'sudo jts-hot validate',
    'sudo jts-hot plan --out /root/hot.plan',
  ];
  const words = (count: number) => Array.from({ length: count }, (_, i) => 'x'.repeat(1 + (i % 9))).join(' ');

  it('stay on one line, wherever it would break, and read as they are typed', () => {
    for (const [i, one] of commands.entries())
      for (let before = 0; before < 20; before++) {
        const other = commands[(i + 1) % commands.length] ?? '';
        const text = `${words(before)} to go on: ${one}; to go back: ${other}, or ${words(before)}`;
        const lines = wrap(keepCommands(text), '    ', '  ').split('\n');
        assert.ok(
          lines.some((line) => line.includes(one)) && lines.some((line) => line.includes(other)),
          text,
        );
        assert.equal(lines.map((line) => line.trim()).join(' '), text.trim());
        // Only what cannot be broken is wider: a command and the word that its end is stuck to.
        for (const line of lines)
          assert.ok(line.length <= 80 || commands.some((long) => line.trim().startsWith(long)));
      }
  });

  it('are kept, and nothing else of the text is', () => {
    const kept = (text: string) => keepCommands(text).replaceAll('\ufdd0', '_');
    for (const [text, expected] of [
      [
        'to go on: jts-hot setup; to go back: jts-hot rollback 1',
        'to go on: jts-hot_setup; to go back: jts-hot_rollback_1',
      ],
      ['run as root: sudo jts-hot monitor', 'run as root: sudo_jts-hot_monitor'],
      ['finish it (jts-hot rollback 1), then go on', 'finish it (jts-hot_rollback_1), then go on'],
      ['first jts-hot plan, then read it', 'first jts-hot_plan, then read it'],
      ['Type jts-hot setup.', 'Type jts-hot_setup.'],
      ['sudo /opt/bin/jts-hot setup', 'sudo_/opt/bin/jts-hot_setup'],
      ['sudo reboot, without it', 'sudo reboot, without it'],
      [
        'free some space there (df -h /var/lib/jts-hot), then',
        'free some space there (df_-h_/var/lib/jts-hot), then',
      ],
      ['see why (sudo dmesg | tail), then', 'see why (sudo_dmesg_|_tail), then'],
      ['to mend it: sudo chmod 0755 /a; then', 'to mend it: sudo_chmod_0755_/a; then'],
      ["as root: chown kafka:kafka '/a b', then", "as root: chown_kafka:kafka_'/a_b', then"],
      ['first find out (who has it), then go on', 'first find out (who has it), then go on'],
      ['what to do: find the cause, mount it', 'what to do: find the cause, mount it'],
    ] as const)
      assert.equal(kept(text), expected);
  });

  it('stay whole with flags that need quotes, whatever is inside them', () => {
    for (const path of ['/a, b', '/hot (new) disk', '/a; b', "/it's (mine), all"]) {
      const one = createTypedCommand('jts-hot', ['--root', path]).command('rollback 1');
      for (let before = 0; before < 20; before++) {
        const text = `${words(before)} to go back: ${one}; or not`;
        assert.ok(
          wrap(keepCommands(text), '  ')
            .split('\n')
            .some((line) => line.includes(one)),
          one,
        );
      }
    }
  });
});

describe('columns', () => {
  it('are as wide as their widest cell, numbers to the right, no blanks at the end', () => {
    assert.deepEqual(
      columns(
        [
          ['NAME', 'SIZE', 'WHY'],
          ['a', '1 B', ''],
          ['longer', '12.0 GB', 'because'],
        ],
        [1],
      ),
      ['NAME       SIZE  WHY', 'a           1 B', 'longer  12.0 GB  because'],
    );
  });

  it('of nothing are nothing', () => assert.deepEqual(columns([]), []));
});

describe('ends', () => {
  it('puts the right text at the end of the line, or of the next one', () => {
    assert.equal(ends('left', '[right]'), `left${' '.repeat(69)}[right]`);
    assert.equal(ends('x'.repeat(71), '[right]'), `${'x'.repeat(71)}  [right]`);
    assert.equal(ends('x'.repeat(72), '[right]'), `${'x'.repeat(72)}\n${' '.repeat(73)}[right]`);
  });
});

describe('plural', () => {
  it('counts in English', () => {
    assert.deepEqual(
      [
        plural(0, 'step'),
        plural(1, 'step'),
        plural(2, 'step'),
        plural(1, 'entry', 'entries'),
        plural(2, 'entry', 'entries'),
      ],
      ['0 steps', '1 step', '2 steps', '1 entry', '2 entries'],
    );
  });
});

describe('colour', () => {
  const styles = ['red', 'yellow', 'green', 'dim', 'bold'] as const;

  it('is there when asked for, whatever the stream', () => {
    for (const style of styles) {
      const painted = createPaint(true)(style, 'text');
      assert.match(painted, /^\x1b\[\d+mtext\x1b\[\d+m$/);
    }
    assert.equal(new Set(styles.map((style) => createPaint(true)(style, 'text'))).size, styles.length);
  });

  it('is not there otherwise', () => {
    for (const style of styles) assert.equal(createPaint(false)(style, 'text'), 'text');
  });
});

describe('a command in a report', () => {
  it('is typed as this call says, or else as it stands', () => {
    assert.equal(createPaint(false).command('rollback 1'), 'jts-hot rollback 1');
    const { command } = createTypedCommand('/opt/jts-hot', ['--root', '/mnt']);
    for (const colour of [true, false])
      assert.equal(createPaint(colour, command).command('rollback 1'), '/opt/jts-hot rollback --root /mnt 1');
  });
});

describe('plain', () => {
  it('shows control characters instead of sending them', () => {
    for (let code = 0; code < 0xa0; code++) {
      const shown = plain(`a${String.fromCharCode(code)}b`);
      if (code >= 0x20 && code < 0x7f) assert.equal(shown, `a${String.fromCharCode(code)}b`);
      else assert.equal(shown, `a\\x${code.toString(16).padStart(2, '0')}b`);
    }
  });

  it('shows bytes that are no UTF-8, and leaves all other letters', () => {
    assert.equal(plain('caf\udce9 ünï 日本 🦊'), 'caf\\xe9 ünï 日本 🦊');
  });
});
