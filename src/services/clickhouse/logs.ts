// How ClickHouse rotates its logs: the manual, "Server settings", `logger`.
import { parseSize } from '../../values/size.ts';
import type { LogsFacet } from '../logs.ts';

/** Its log and its log of errors. */
const LOGS = 2;

export const logs: LogsFacet = {
  rotation: {
    by: 'itself',
    keys: [
      ['clickhouse', 'logger', 'size'],
      ['clickhouse', 'logger', 'count'],
    ],
    rotates(told) {
      // Both are so where nothing is said.
      const size = String(told('clickhouse', 'logger', 'size') ?? '100M');
      const count = String(told('clickhouse', 'logger', 'count') ?? '1');
      const bytes = bytesOf(size);
      if (bytes === null || !/^\d+$/.test(count)) return null;
      const mostBytes = LOGS * bytes * (Number(count) + 1);
      return { says: `a new one at ${size}, ${count} old of each kept`, mostBytes };
    },
    ofOne: null,
    counts: 'from the next start on',
  },
};

/** As Poco's FileChannel takes it: `M` and `K` are powers of 1024. */
function bytesOf(text: string): number | null {
  const [, number = '', unit = ''] = /^\s*(\d+)\s*([KM]?)\s*$/.exec(text) ?? [];
  const read = parseSize(`${number}${unit === 'K' ? 'KiB' : unit === 'M' ? 'MiB' : 'B'}`);
  return 'bytes' in read ? read.bytes : null;
}
