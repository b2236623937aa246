// Lines of fstab with other options: what changes, and that nothing else does.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessTimesOf, splitOptions, withNoatime } from './access-times.ts';
import { changeOptions, hasLines, linesFor } from './fstab-edit.ts';

const AT = '/data/jts/hot';

function noatime(text: string, at = AT): string {
  return changeOptions(text, linesFor(text, at), withNoatime);
}

describe('withNoatime', () => {
  const table: readonly (readonly [string, string])[] = [
    ['defaults', 'defaults,noatime'],
    ['noatime', 'noatime'],
    ['rw,noatime,nofail', 'rw,noatime,nofail'],
    ['rw,relatime', 'rw,noatime'],
    ['relatime,rw', 'noatime,rw'],
    ['noatime,relatime', 'noatime'],
    ['rw,noatime,relatime,nofail', 'rw,noatime,nofail'],
    ['noatime,noatime', 'noatime'],
    ['strictatime,nofail', 'noatime,nofail'],
    ['rw,atime,x-systemd.device-timeout=10', 'rw,noatime,x-systemd.device-timeout=10'],
    ['nodiratime,nofail', 'nodiratime,nofail,noatime'],
    ['lazytime', 'lazytime,noatime'],
    ['context="system_u:object_r:t:s0:c0,c1",rw', 'context="system_u:object_r:t:s0:c0,c1",rw,noatime'],
    ['context="a,relatime,b"', 'context="a,relatime,b",noatime'],
    ['rw,"never ended', 'rw,"never ended,noatime'],
    ['', 'noatime'],
  ];
  for (const [from, to] of table)
    it(`${from || 'no options'} -> ${to}`, () => {
      assert.equal(withNoatime(from), to);
      assert.equal(withNoatime(to), to, 'twice is once');
    });

  it('splits without losing anything', () => {
    assert.deepEqual(splitOptions('a,"b,c",d="e,f"'), ['a', '"b,c"', 'd="e,f"']);
  });

  it('tells what the kernel lists', () => {
    assert.equal(accessTimesOf(['rw', 'noatime']), 'noatime');
    assert.equal(accessTimesOf(['rw', 'relatime']), 'relatime');
    assert.equal(accessTimesOf(['rw', 'nodiratime']), 'strictatime');
  });
});

describe('lines of fstab', () => {
  const table: readonly (readonly [what: string, from: string, to: string])[] = [
    ['one line', `UUID=a ${AT} xfs defaults 0 2\n`, `UUID=a ${AT} xfs defaults,noatime 0 2\n`],
    [
      'comments, order and blank lines stay',
      `# system\nUUID=r / ext4 errors=remount-ro 0 1\n\n  # hot: noatime? ${AT}\nUUID=a ${AT} xfs relatime 0 2\nUUID=s none swap sw 0 0\n`,
      `# system\nUUID=r / ext4 errors=remount-ro 0 1\n\n  # hot: noatime? ${AT}\nUUID=a ${AT} xfs noatime 0 2\nUUID=s none swap sw 0 0\n`,
    ],
    [
      'columns of blanks stay where there is room',
      `UUID=a  ${AT}  xfs  defaults            0  2\n`,
      `UUID=a  ${AT}  xfs  defaults,noatime    0  2\n`,
    ],
    [
      'one blank at least',
      `UUID=a  ${AT}  xfs  defaults  0  2\n`,
      `UUID=a  ${AT}  xfs  defaults,noatime 0  2\n`,
    ],
    ['columns of tabs stay', `a\t${AT}\txfs\trw\t\t\t0\t2\n`, `a\t${AT}\txfs\trw,noatime\t\t0\t2\n`],
    ['tabs without room', `a\t${AT}\txfs\tdefaults\t0\t2\n`, `a\t${AT}\txfs\tdefaults,noatime\t0\t2\n`],
    ['no line end', `UUID=a ${AT} xfs defaults 0 2`, `UUID=a ${AT} xfs defaults,noatime 0 2`],
    ['no numbers', `UUID=a ${AT} xfs defaults`, `UUID=a ${AT} xfs defaults,noatime`],
    ['no options', `UUID=a ${AT} xfs`, `UUID=a ${AT} xfs defaults,noatime`],
    [
      'ends of lines of Windows',
      `UUID=r / ext4 defaults 0 1\r\nUUID=a ${AT} xfs defaults 0 2\r\n`,
      `UUID=r / ext4 defaults 0 1\r\nUUID=a ${AT} xfs defaults,noatime 0 2\r\n`,
    ],
    [
      'ends of lines of Windows behind the options',
      `UUID=a ${AT} xfs defaults\r\n`,
      `UUID=a ${AT} xfs defaults,noatime\r\n`,
    ],
    ['indented', `  UUID=a ${AT} xfs defaults 0 2\n`, `  UUID=a ${AT} xfs defaults,noatime 0 2\n`],
    [
      'a comment behind',
      `UUID=a ${AT} xfs defaults 0 2 # hot\n`,
      `UUID=a ${AT} xfs defaults,noatime 0 2 # hot\n`,
    ],
    [
      'slashes too many',
      `UUID=a /data//jts/hot/ xfs rw 0 2\n`,
      `UUID=a /data//jts/hot/ xfs rw,noatime 0 2\n`,
    ],
    [
      'twice',
      `a ${AT} xfs rw 0 2\na ${AT} xfs rw 0 2\n`,
      `a ${AT} xfs rw,noatime 0 2\na ${AT} xfs rw,noatime 0 2\n`,
    ],
    ['commented out', `#UUID=a ${AT} xfs defaults 0 2\n`, `#UUID=a ${AT} xfs defaults 0 2\n`],
    ['of another place', `UUID=a ${AT}2 xfs defaults 0 2\n`, `UUID=a ${AT}2 xfs defaults 0 2\n`],
    ['swap of that name', `UUID=a ${AT} swap sw 0 0\n`, `UUID=a ${AT} swap sw 0 0\n`],
    ['nonsense', `${AT}\n= =\n\u0000\n`, `${AT}\n= =\n\u0000\n`],
    ['nothing', '', ''],
  ];
  for (const [what, from, to] of table)
    it(what, () => {
      assert.equal(noatime(from), to);
      assert.equal(noatime(to), to, 'twice is once');
    });

  it('a blank in the mount point is \\040', () => {
    const at = '/data/hot disk';
    const line = 'LABEL=hot /data/hot\\040disk ext4 defaults 0 2\n';
    assert.equal(noatime(line, at), 'LABEL=hot /data/hot\\040disk ext4 defaults,noatime 0 2\n');
    assert.equal(linesFor(line, at)[0]?.mountPoint, at);
  });

  it('says what is mounted, without quotes', () => {
    assert.equal(linesFor(`UUID="a-b" ${AT} xfs rw\n`, AT)[0]?.what, 'UUID=a-b');
  });

  it('tells a file with nothing but comments', () => {
    assert.equal(hasLines('# UNCONFIGURED FSTAB\n\n'), false);
    assert.equal(hasLines('UUID=a / ext4 defaults 0 1\n'), true);
  });

  it('ten megabytes are no matter of minutes', () => {
    // Of the processor: others may be at work, too.
    const begun = process.cpuUsage();
    const text = `${`UUID=x /srv/${'a'.repeat(50)} ext4 defaults 0 2\n`.repeat(130_000)}UUID=a ${AT} xfs rw 0 2\n`;
    assert.ok(noatime(text).endsWith('rw,noatime 0 2\n'));
    noatime(`${' \t'.repeat(2_000_000)}\n${'a '.repeat(1_000_000)}`);
    assert.ok(process.cpuUsage(begun).user < 5_000_000);
  });
});
