// When a sample would be one of another disk: neither of a wrong one, nor none of a hot tier that was moved.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Look, whyOtherDisk } from './right-disk.ts';

function look(mountPoint: string, usages: Readonly<Record<string, number | string>>): Look {
  return {
    mountPoint,
    usages: Object.entries(usages).map(([service, found]) =>
      typeof found === 'number'
        ? { service, usedBytes: found, unreadable: [] }
        : { service, usedBytes: null, unreadable: [{ path: service, error: found }] },
    ),
  };
}

describe('whyOtherDisk', () => {
  const LAST = look('/data', { kafka: 5, redis: 0, docker: 'missing' });
  const table: readonly (readonly [string, Look, Look | null, RegExp | null])[] = [
    ['nothing is there', look('/', { kafka: 'missing', redis: 'missing' }), null, /^no service has/],
    ['nothing is there, on the same disk', look('/data', { kafka: 'missing' }), LAST, /^no service has/],
    ['nothing can be measured', look('/data', { kafka: 'timeout', redis: 'missing' }), LAST, null],
    ['a layout without services', look('/', {}), LAST, null],
    ['the first time', look('/', { kafka: 5, redis: 'missing' }), null, null],
    ['the same disk, one deleted', look('/data', { kafka: 'missing', redis: 0 }), LAST, null],
    [
      'another disk, one gone',
      look('/', { kafka: 'missing', docker: 3 }),
      LAST,
      /at \/data, .* at \/, and kafka/,
    ],
    ['another disk, all there', look('/', { kafka: 5, redis: 0, docker: 'missing' }), LAST, null],
    ['another disk, one that did not answer', look('/', { kafka: 'timeout', redis: 0 }), LAST, null],
    ['another disk, one that is new', look('/', { kafka: 5, redis: 0, mongodb: 'missing' }), LAST, null],
  ];
  for (const [what, now, last, want] of table)
    it(what, () => {
      const found = whyOtherDisk('/data/jts/hot', now, last);
      if (want === null) assert.equal(found, null);
      else assert.match(found ?? '', want);
    });
});
