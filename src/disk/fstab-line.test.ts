// Our line in a fstab: where it goes, how it is written, what of a line stays; and by random files that nothing else changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { escapedPath, putLine, putLines, type WantedLine } from './fstab-line.ts';
import { parseFstab } from './wanted.ts';

const UUID = 'c0ffee00-0000-8000-8000-000000000001';
const BASE: WantedLine = {
  uuid: UUID,
  mountPoint: '/data/jts/hot',
  type: 'xfs',
  options: ['noatime', 'nofail', 'x-systemd.device-timeout=30s'],
  pass: 0,
};
const KAFKA: WantedLine = {
  ...BASE,
  uuid: UUID.replace(/1$/, '2'),
  mountPoint: '/data/jts/hot/kafka',
  type: 'ext4',
  pass: 2,
};
const OPTIONS = BASE.options.join();

function after(text: string, line: WantedLine = BASE): string {
  const put = putLine(text, line);
  assert.ok(put.is === 'put', JSON.stringify(put));
  const again = putLine(put.text, line);
  assert.deepEqual(again, { is: 'put', text: put.text, changes: [] });
  return put.text;
}

const DEBIAN = `# /etc/fstab: static file system information.
#
# <file system> <mount point>   <type>  <options>       <dump>  <pass>
# / was on /dev/sda1 during installation
UUID=4a1c2f1e-36f5-4ff9-8a7c-111111111111 /               ext4    errors=remount-ro 0       1
# swap was on /dev/sda5 during installation
UUID=4a1c2f1e-36f5-4ff9-8a7c-222222222222 none            swap    sw              0       0
/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0
`;

describe('a new line', () => {
  it('stands in the columns of the others', () => {
    assert.equal(after(DEBIAN), `${DEBIAN}UUID=${UUID} /data/jts/hot   xfs     ${OPTIONS} 0 0\n`);
  });

  it('has tabs where the others have them', () => {
    const text = 'LABEL=root\t/\t\text4\tdefaults\t0\t1\n';
    assert.equal(after(text), `${text}UUID=${UUID}\t/data/jts/hot\txfs\t${OPTIONS}\t0\t0\n`);
  });

  it('ends the last line first, as the others end', () => {
    assert.equal(after('# a'), `# a\nUUID=${UUID} /data/jts/hot xfs ${OPTIONS} 0 0\n`);
    assert.equal(after('# a\r\n# b'), `# a\r\n# b\r\nUUID=${UUID} /data/jts/hot xfs ${OPTIONS} 0 0\r\n`);
    assert.equal(after(''), `UUID=${UUID} /data/jts/hot xfs ${OPTIONS} 0 0\n`);
    assert.equal(after('# a\n\n\n'), `# a\n\n\nUUID=${UUID} /data/jts/hot xfs ${OPTIONS} 0 0\n`);
  });

  it('comes before what is mounted below it, and after what it is below', () => {
    const below = 'nas:/x /data/jts/hot/x nfs defaults 0 0\n';
    const lines = after(`# a\n${below}# b\n`).split('\n');
    assert.match(lines[1] ?? '', /^UUID=/);
    assert.equal(lines[2], below.trimEnd());
    const both = putLines('# a\n', [BASE, KAFKA]);
    assert.ok(both.is === 'put');
    assert.deepEqual(
      parseFstab(both.text).map(({ mountPoint }) => mountPoint),
      [BASE.mountPoint, KAFKA.mountPoint],
    );
    assert.deepEqual(
      both.changes.map((change) => change.slice(0, 8)),
      ['+ line 2', '+ line 3'],
    );
  });

  it('has blanks of its place as octal', () => {
    const at = '/data/hot tier#1';
    assert.equal(escapedPath(at), '/data/hot\\040tier\\0431');
    const [found] = parseFstab(after('', { ...BASE, mountPoint: at }));
    assert.equal(found?.mountPoint, at);
  });
});

describe('a line that is there', () => {
  const line = (options: string, more = '') => `UUID=${UUID}  /data/jts/hot  xfs  ${options}${more}\n`;
  const table: readonly (readonly [what: string, before: string, expected: string])[] = [
    ['is left as it is', line(OPTIONS, '  0  0'), line(OPTIONS, '  0  0')],
    ['without the last two fields', line(OPTIONS), line(OPTIONS)],
    [
      'with additions and a comment',
      line(`${OPTIONS},discard`, '  0  0 # mine'),
      line(`${OPTIONS},discard`, '  0  0 # mine'),
    ],
    [
      'in quotes and capitals',
      line(OPTIONS).replace(UUID, `"${UUID.toUpperCase()}"`),
      line(OPTIONS).replace(UUID, `"${UUID.toUpperCase()}"`),
    ],
    [
      'loses what is against ours',
      line('relatime,nofail,discard', '  0  2'),
      line(`noatime,nofail,discard,x-systemd.device-timeout=30s`, ' 0 0'),
    ],
    ['without options', `UUID=${UUID} /data/jts/hot xfs\n`, `UUID=${UUID} /data/jts/hot xfs ${OPTIONS}\n`],
    [
      'of another type',
      line(OPTIONS, '  0  0').replace('xfs', 'auto'),
      line(OPTIONS, '  0  0').replace('xfs ', 'xfs '),
    ],
    ['with a slash more', line(OPTIONS).replace('hot ', 'hot/'), line(OPTIONS).replace('hot ', 'hot/')],
  ];
  for (const [what, before, expected] of table)
    it(what, () => {
      const squeezed = (text: string) => text.replace(/ +/g, ' ');
      assert.equal(squeezed(after(`# a\n${before}# b\n`)), squeezed(`# a\n${expected}# b\n`));
    });

  it('of ext4 is looked at by fsck, after the root', () => {
    assert.match(after(`UUID=${KAFKA.uuid} ${KAFKA.mountPoint} ext4 ${OPTIONS} 0 0\n`, KAFKA), / 0 2\n$/);
  });

  it('hides what may be a secret of an addition', () => {
    const put = putLine(line('relatime,password=hunter2'), BASE);
    assert.ok(put.is === 'put');
    assert.ok(put.text.includes('hunter2'));
    assert.ok(!put.changes.join().includes('hunter2'), put.changes.join());
  });
});

it('is refused where something else is said of the place, or no line can be told', () => {
  const another = '/dev/nvme0n1 /data/jts/hot xfs defaults 0 0\n';
  assert.deepEqual(putLine(`# a\n${another}`, BASE), {
    is: 'another',
    line: 2,
    what: '/dev/nvme0n1',
    wanted: BASE,
  });
  const own = `UUID=${UUID} /data/jts/hot xfs ${OPTIONS} 0 0\n`;
  assert.deepEqual(putLine(own + own, BASE), { is: 'twice', lines: [1, 2], wanted: BASE });
  for (const odd of ['# a\r# b\n', '# a\0\n', '# a\r'])
    assert.equal(putLine(odd, BASE).is, 'odd', JSON.stringify(odd));
});

const blank = fc.constantFrom(' ', '  ', '\t', '\t\t', '    ');
const entry = fc
  .tuple(
    fc.constantFrom(
      '/dev/sda1',
      'UUID=aaaa',
      'LABEL="my disk"',
      'tmpfs',
      'nas:/export',
      '//nas/x',
      '/swap.img',
    ),
    blank,
    fc.constantFrom(
      '/',
      '/boot',
      '/home',
      '/data',
      '/data/jts',
      '/data/jts/hot/x',
      '/data/jts/hotter',
      'none',
      '/a\\040b',
    ),
    blank,
    fc.constantFrom('ext4', 'xfs', 'swap', 'nfs', 'tmpfs', 'auto'),
    fc.constantFrom(
      '',
      ' defaults',
      '\tnoatime,nofail',
      ' rw 0',
      '  sw  0  0',
      '\tdefaults\t0\t2',
      ' defaults 0 1 # mine',
    ),
  )
  .map((parts) => parts.join(''));
const anyLine = fc.oneof(
  entry,
  fc.constantFrom('', '#', '# <file system> <mount point>   <type>', '   # indented', '\t'),
  fc.string({ maxLength: 20 }).map((text) => `# ${text.replace(/[\r\n\0]/g, '')}`),
);
const files = fc
  .tuple(fc.array(anyLine, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, isEnded]) => lines.join(end) + (isEnded && lines.length > 0 ? end : ''));

it('in random files: nothing else changes, it is read as it was meant, and twice equals once', () => {
  fc.assert(
    fc.property(files, (text) => {
      const put = putLines(text, [BASE, KAFKA]);
      assert.ok(put.is === 'put');
      // Taken out again, and with the end of the last line that it may have lacked, it is what it was.
      const ours = put.text.split('\n').filter((line) => line.includes('UUID=c0ffee00'));
      assert.equal(ours.length, 2);
      const rest = put.text
        .split('\n')
        .filter((line) => !line.includes('UUID=c0ffee00'))
        .join('\n');
      assert.ok([`${text}\n`, `${text}\r\n`, text].includes(rest), JSON.stringify([text, rest]));
      const found = parseFstab(put.text.replaceAll('\r', '')).filter(({ what }) =>
        what.startsWith('UUID=c0ffee00'),
      );
      assert.deepEqual(
        found.map(({ what, mountPoint, options }) => [what, mountPoint, options]),
        [BASE, KAFKA].map((one) => [`UUID=${one.uuid}`, one.mountPoint, one.options]),
      );
      assert.deepEqual(putLines(put.text, [BASE, KAFKA]), { is: 'put', text: put.text, changes: [] });
    }),
    random(500),
  );
});
