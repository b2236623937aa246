import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { exactSize, formatBytes, MAX_BYTES, parseSize, SIZE_PATTERN, showSizesIn } from './size.ts';

const sizes: readonly (readonly [string, number])[] = [
  ['800GB', 800_000_000_000],
  ['1.5TB', 1_500_000_000_000],
  ['512GiB', 549_755_813_888],
  ['50 GB', 50_000_000_000],
  ['  50\tGB ', 50_000_000_000],
  ['1kB', 1000],
  ['1KB', 1000],
  ['1KiB', 1024],
  ['1MB', 1_000_000],
  ['1MiB', 1_048_576],
  ['1TiB', 1_099_511_627_776],
  ['1PB', 1_000_000_000_000_000],
  ['1PiB', 1_125_899_906_842_624],
  ['1000PB', 1e18],
  ['17B', 17],
  ['0.5B', 1],
  ['1.0004kB', 1000],
  ['1.0005kB', 1001],
  ['0.3kB', 300],
  ['007GB', 7_000_000_000],
];
for (const [text, bytes] of sizes)
  test(`the size ${JSON.stringify(text)} is ${bytes} bytes`, () => {
    assert.deepEqual(parseSize(text), { bytes });
  });

const general = /^want a size such as 800GB, 1\.5TB or 512GiB$/;
const unit = /^want the unit kB, MB, GB, TB, PB \(powers of 1000\) or KiB, .* \(powers of 1024\)$/;
const refused: readonly (readonly [string, RegExp])[] = [
  ['800', /^want a size with its unit/],
  ['0', /^want a size with its unit/],
  ['', general],
  ['lots', general],
  ['GB', general],
  ['.5TB', general],
  ['5.TB', general],
  ['1,5TB', general],
  ['1_000GB', general],
  ['1e3GB', general],
  ['0x10GB', general],
  ['NaN', general],
  ['Infinity', general],
  ['NaNGB', general],
  ['+1GB', general],
  ['1GB 2MB', general],
  ['1\nGB', general],
  ['١GB', general],
  ['-800GB', /^want a size above zero$/],
  ['0GB', /^want a size above zero$/],
  ['0.0TB', /^want a size above zero$/],
  ['0.4B', /^want a size above zero$/],
  ['800gb', unit],
  ['800Gb', unit],
  ['800G', unit],
  ['800gib', unit],
  ['800kiB', unit],
  ['1EB', unit],
  ['1000.1PB', /^want at most 1000PB$/],
  ['889PiB', /^want at most 1000PB$/],
  [`${'9'.repeat(100_000)}GB`, /^want at most 1000PB$/],
];
for (const [text, complaint] of refused)
  test(`the size ${JSON.stringify(text.slice(0, 20))} is refused`, () => {
    const parsed = parseSize(text);
    assert.ok('complaint' in parsed);
    assert.match(parsed.complaint, complaint);
  });

test('the pattern for editors agrees with the parser on every example', () => {
  const pattern = new RegExp(SIZE_PATTERN);
  for (const [text] of sizes) assert.match(text.trim(), pattern);
  for (const [text, complaint] of refused)
    if (complaint === general || complaint === unit) assert.doesNotMatch(text, pattern);
});

test('an exact size is short and is read back to the byte', () => {
  const examples = { '800GB': 800e9, '1.5TB': 1.5e12, '512GiB': 2 ** 39, '1kB': 1000, '1234567B': 1234567 };
  for (const [text, bytes] of Object.entries(examples)) assert.equal(exactSize(bytes), text);
  fc.assert(
    fc.property(fc.double({ min: 1, max: MAX_BYTES, noNaN: true }).map(Math.round), (bytes) => {
      assert.deepEqual(parseSize(exactSize(bytes)), { bytes });
    }),
    random(2000, 20260801),
  );
});

test('bytes are shown with three significant digits', () => {
  const shown: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1024, '1.02 kB'],
    [50e9, '50.0 GB'],
    [800e9, '800 GB'],
    [999.4e9, '999 GB'],
    [999.5e9, '1.00 TB'],
    [1.9e12, '1.90 TB'],
    [1.999e12, '2.00 TB'],
    [4e12, '4.00 TB'],
    [9.996e12, '10.0 TB'],
    [99.96e12, '100 TB'],
    [1e18, '1.00 EB'],
    [2 ** 64, '18.4 EB'],
    [-1.5e12, '-1.50 TB'],
  ];
  for (const [bytes, text] of shown) assert.equal(formatBytes(bytes), text);
});

test('in binary units where that is asked for, and never both', (t) => {
  t.after(() => showSizesIn('si'));
  showSizesIn('iec');
  const shown: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1000, '1000 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1.9e12, '1.73 TiB'],
    [1000 * 2 ** 30, '1000 GiB'],
    [1023.4 * 2 ** 30, '1023 GiB'],
    [1023.6 * 2 ** 30, '1.00 TiB'],
    [999.6 * 2 ** 20, '1000 MiB'],
    [4e12, '3.64 TiB'],
    [2 ** 64, '16.0 EiB'],
    [-(2 ** 31), '-2.00 GiB'],
  ];
  for (const [bytes, text] of shown) assert.equal(formatBytes(bytes), text);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e22, noNaN: true }).map(Math.round), (bytes) => {
      const text = formatBytes(bytes);
      assert.ok(text.length <= 9, text);
      const [digits, name] = text.split(' ');
      const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB'].indexOf(name ?? '');
      assert.ok(
        Math.abs(Number(digits) * 1024 ** power - bytes) <= bytes * 0.005,
        `${bytes} shown as ${text}`,
      );
    }),
    random(2000, 20261127),
  );
});

test('bytes are never shown wider than 8 characters nor off by more than half a per cent', () => {
  const factors = new Map(
    ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB'].map((name, i) => [name, 1000 ** i]),
  );
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e22, noNaN: true }).map(Math.round), (bytes) => {
      const text = formatBytes(bytes);
      assert.ok(text.length <= 8, text);
      const [digits, name] = text.split(' ');
      const back = Number(digits) * (factors.get(name ?? '') ?? Number.NaN);
      assert.ok(Math.abs(back - bytes) <= bytes * 0.005, `${bytes} shown as ${text}`);
    }),
    random(2000, 20260802),
  );
});
