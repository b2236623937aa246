// What is read of a ClickHouse server, and said of its backup, without one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { named, quoted, rowsOf } from './backup-client.ts';
import { limitsOf } from './backup-limits.ts';
import { settingsFrom, settingsText } from './backup-settings.ts';
import { fileNameOf, type Inventory, isHere, knownAs, nameOfFile } from './backup-tables.ts';

const PLACE = '/data/jts/hot/clickhouse/data';

const INVENTORY: Inventory = {
  databases: [
    { name: 'shop', engine: 'Atomic', definitions: 'store/4cf/4cf9da0f-7353-4ab0-a98d-ee0c32fdce6b' },
    { name: 'far', engine: 'PostgreSQL', definitions: null },
  ],
  tables: [
    table('orders', 'ReplicatedMergeTree', [`${PLACE}/store/95b/x`, `${PLACE}/disks/hot/store/95b/x`]),
    table('cold', 'MergeTree', ['/var/lib/clickhouse/disks/s3/store/675/y']),
    table('log', 'Log', [`${PLACE}/store/da8/z`]),
    table('view', 'View', []),
    table('kept', 'Memory', []),
  ],
  disks: [
    { name: 'default', path: PLACE, isLocal: true },
    { name: 'hot', path: `${PLACE}/disks/hot`, isLocal: true },
    { name: 's3', path: '/var/lib/clickhouse/disks/s3', isLocal: false },
    { name: 'two', path: '/mnt/two', isLocal: true },
  ],
  policies: { hot: [['default'], ['hot']] },
  macros: { shard: '1' },
  rows: new Map(),
  changing: ['shop.orders'],
};

function table(name: string, engine: string, paths: readonly string[]) {
  return { database: 'shop', name, engine, paths, hash: '1', known: `table shop.${name}` };
}

describe('A backup of ClickHouse', () => {
  it('says what it does not have', () => {
    assert.deepEqual(limitsOf(INVENTORY, 'freeze', ['shop.gone']), [
      'Come back empty, since no snapshot can be taken of their engines: shop.log (Log).',
      'Come back empty, since they have a disk that is not local: shop.cold.',
      'Come back empty, since they are in memory alone: shop.kept.',
      'Are detached, so only their definitions are here: shop.gone.',
      'Had a mutation that was not finished: start it again after a restore: shop.orders.',
      'Databases that are elsewhere, so only their definitions are here: far (PostgreSQL).',
    ]);
  });

  it('finds a table on the disk that lies deepest', () => {
    assert.deepEqual(
      INVENTORY.tables.filter((one) => one.paths.length > 0).map((one) => isHere(one, INVENTORY.disks)),
      [true, false, true],
    );
  });

  it('remembers where disks lie, which policies they make, and macros', () => {
    assert.deepEqual(settingsFrom(settingsText(INVENTORY, PLACE)), {
      disks: { hot: 'disks/hot', s3: 'disks/s3', two: 'disks/two' },
      policies: { hot: [['default'], ['hot']] },
      macros: { shard: '1' },
    });
    assert.deepEqual(settingsFrom(undefined), { disks: {}, policies: {}, macros: {} });
  });
});

describe('Names of ClickHouse', () => {
  it('are what its files are called, and back', () => {
    for (const [name, file] of [
      ['we ird/ü', 'we%20ird%2F%C3%BC'],
      ['.inner.mv', '%2Einner%2Emv'],
      ['plain_1', 'plain_1'],
    ] as const) {
      assert.equal(fileNameOf(name), file);
      assert.equal(nameOfFile(file), name);
    }
  });

  it('are those of views, for their rows', () => {
    const id = '5582024d-f8bf-45a8-ae0c-0ffd60bc92bd';
    const all = [
      ['shop', `.inner_id.${id}`, '1'],
      ['far', 'another', id],
      ['shop', 'by_day', id],
    ] as const;
    assert.equal(knownAs(['shop', `.inner_id.${id}`], all), 'table shop.by_day');
    assert.equal(knownAs(['shop', '.inner_id.x'], all), 'table shop..inner_id.x');
    assert.equal(knownAs(['shop', 'by_day'], all), 'table shop.by_day');
  });

  it('end no query', () => {
    assert.equal(named('a`b', 'c\\'), '`a\\`b`.`c\\\\`');
    assert.equal(quoted("it's"), "'it\\'s'");
  });

  it('come in several answers of one call', () => {
    const answer = (data: unknown) => `${JSON.stringify({ meta: [], data, rows: 1 }, null, '\t')}\n`;
    assert.deepEqual(rowsOf(`${answer([['}', 1]])}\n${answer([])}`), [[['}', 1]], []]);
  });
});
