// What fio printed, of several versions (test/fio/), read; and what it must never print.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { figuresOf, parseFio } from './fio-output.ts';

const RECORDED = join(import.meta.dirname, '../../test/fio');

function recorded(name: string): string {
  return readFileSync(join(RECORDED, name), 'utf8');
}

/** Each file of test/fio, as fio of that version printed it: rate, operations, p50, p99, p99.9. */
const FOUND: { readonly [name: string]: object } = {
  'fio-3.16-sync.txt': {
    written: 2_285_568,
    read: null,
    write: [2_283_284, 278.721279, 19_584, 104_960, 3_063_808],
    sync: [2_283_284, 278.721279, 2_342_912, 17_694_720, 37_486_592],
  },
  'fio-3.28-mixed.txt': {
    written: 43_474_944,
    read: [101_471_136, 24_773.226773, 329_728, 7_962_624, 43_778_048],
    write: [43_431_512, 10_603.396603, 419_840, 8_716_288, 43_778_048],
    sync: null,
  },
  'fio-3.33-mixed.txt': {
    written: 45_555_712,
    read: [106_532_827, 26_008.991009, 354_304, 6_455_296, 9_371_648],
    write: [45_510_201, 11_110.889111, 436_224, 7_569_408, 19_529_728],
    sync: null,
  },
  'fio-3.33-sync.txt': {
    written: 6_447_104,
    read: null,
    write: [6_402_287, 781.529295, 11_584, 42_240, 90_624],
    sync: [6_402_287, 781.529295, 700_416, 10_158_080, 183_500_800],
  },
  'fio-3.33-with-notes.txt': {
    written: 0,
    read: [54_360_999, 13_271.728272, 47_872, 220_160, 4_112_384],
    write: null,
    sync: null,
  },
  'fio-3.36-read.txt': {
    written: 0,
    read: [23_617_536, 5766, 37_120, 1_515_520, 4_882_432],
    write: null,
    sync: null,
  },
};

describe('parseFio', () => {
  it('reads what fio really printed', () => {
    const all = readdirSync(RECORDED).filter((name) => !name.startsWith('old'));
    assert.deepEqual(all.sort(), Object.keys(FOUND));
    for (const name of all) {
      const run = parseFio(recorded(name));
      assert.ok(!('complaint' in run), `${name}: ${'complaint' in run && run.complaint}`);
      assert.match(run.version, new RegExp(`^${name.slice(0, 8)}$`));
      const { read, write, sync } = run.sides;
      const short = (side: typeof read) => side && Object.values(side);
      assert.deepEqual(
        { written: run.writtenBytes, read: short(read), write: short(write), sync: short(sync) },
        FOUND[name],
        name,
      );
    }
  });

  const sync = recorded('fio-3.33-sync.txt');
  const noted = `fio: something was noted\n{ not this\n${sync}`;

  for (const [what, text, complaint] of [
    ['nothing', '', /^want a JSON document, found nothing$/],
    ['words', 'fio: pid=1, err=28/file:io_u.c, No space left\n', /^want a JSON document, found "fio: pid=1/],
    ['half a document', sync.slice(0, 900), /^want a JSON document, found/],
    [
      'a document that is broken in the middle',
      sync.replace('"jobs" : [', '"jobs" : ['.slice(2)),
      /found one that is broken/,
    ],
    ['another document', '{\n}', /^want one measurement, found nothing$/],
    ['no measurement', sync.replace(/"jobs" : [\s\S]*\n {2}]/, '"jobs" : []'), /^want one measurement/],
    ['a failed one', sync.replace('"error" : 0', '"error" : 28'), /^want no error, found error 28/],
    ['a list', '[1]', /^want a JSON document/],
    ['numbers that are none', sync.replace(/"io_bytes" : \d+/g, '"io_bytes" : -1'), /^want figures of reads/],
    [
      'latencies in microseconds',
      sync.replaceAll('clat_ns', 'clat'),
      /^want fio 3.6 or newer, found "fio-3.33"$/,
    ],
    ['notes with a brace before it', noted, /found one that is broken/],
  ] as const) {
    it(`says what is wrong with ${what}`, () => {
      const run = parseFio(text);
      assert.match('complaint' in run ? run.complaint : 'no complaint', complaint);
    });
  }

  it('says which figures are missing', () => {
    const run = parseFio(recorded('fio-3.36-read.txt'));
    assert.ok('sides' in run);
    const complaint = 'want figures of writes, found none; want fio 3.6 or newer, found "fio-3.36"';
    assert.deepEqual(figuresOf(run, 'write'), { complaint });
  });

  it('takes no figures of a version that has none', () => {
    const run = parseFio(recorded('old-fio-3.1-sync.txt'));
    assert.ok('sides' in run);
    const complaint = 'want figures of fdatasync, found none; want fio 3.6 or newer, found "fio-3.1"';
    assert.deepEqual(figuresOf(run, 'sync'), { complaint });
  });
});
