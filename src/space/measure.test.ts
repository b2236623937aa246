// What is measured of each service: blocks on the disk, each file once, nothing of other file systems, and what is not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { type ScanOptions, scan, unaccountedBytes } from './measure.ts';
import type { Usage } from './measure-document.ts';

const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
const LAYOUT = smallLayout('kafka', 'redis', 'mongodb');

function host(prepare: (p: MemoryHost['prepare']) => void): MemoryHost {
  const made = createHost();
  for (const { name } of LAYOUT.services)
    for (const part of ['', '/data', '/logs']) made.prepare.directory(`${BASE}/${name}${part}`);
  prepare(made.prepare);
  return made;
}

const PATIENT: ScanOptions = { timeoutMs: null, onProgress: () => {} };

async function usagesOn(made: MemoryHost): Promise<readonly Usage[]> {
  return (await scan(LAYOUT, made, PATIENT)).usages;
}

async function kafka(made: MemoryHost): Promise<Usage> {
  const usage = (await usagesOn(made)).find(({ service }) => service === 'kafka');
  assert.ok(usage !== undefined);
  return usage;
}

describe('scan', () => {
  it('adds up blocks of the service and of each of its directories, largest service first', async () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 1 });
      p.file(`${KAFKA}/data/topic/b`, { bytes: 4097 });
      p.file(`${KAFKA}/logs/c`, { bytes: 8192 });
      p.file(`${KAFKA}/stray`, { bytes: 4096 });
      p.file(`${BASE}/mongodb/data/d`, { bytes: 1_000_000 });
    });
    const about = (name: string) => ({
      service: name,
      path: `${BASE}/${name}`,
      plannedBytes: 1_000_000_000,
      mountPoints: [],
      unreadable: [],
    });
    assert.deepEqual(await usagesOn(made), [
      {
        ...about('mongodb'),
        usedBytes: 1_003_520,
        apparentBytes: 1_000_000,
        inodes: 4,
        files: 1,
        directories: [
          { name: 'data', role: 'data', usedBytes: 1_003_520, apparentBytes: 1_000_000, inodes: 2 },
          { name: 'logs', role: 'log', usedBytes: 0, apparentBytes: 0, inodes: 1 },
        ],
      },
      {
        ...about('kafka'),
        usedBytes: 4096 + 8192 + 8192 + 4096,
        apparentBytes: 1 + 4097 + 8192 + 4096,
        inodes: 8,
        files: 4,
        directories: [
          { name: 'data', role: 'data', usedBytes: 4096 + 8192, apparentBytes: 1 + 4097, inodes: 4 },
          { name: 'logs', role: 'log', usedBytes: 8192, apparentBytes: 8192, inodes: 2 },
        ],
      },
      {
        ...about('redis'),
        usedBytes: 0,
        apparentBytes: 0,
        inodes: 3,
        files: 0,
        directories: [
          { name: 'data', role: 'data', usedBytes: 0, apparentBytes: 0, inodes: 1 },
          { name: 'logs', role: 'log', usedBytes: 0, apparentBytes: 0, inodes: 1 },
        ],
      },
    ]);
  });

  it('counts what is on the disk, not how long a file says it is', async () => {
    const made = host((p) => p.file(`${KAFKA}/data/sparse`, { bytes: 4096, sparseBytes: 1e12 }));
    const { usedBytes, apparentBytes } = await kafka(made);
    assert.deepEqual([usedBytes, apparentBytes], [4096, 4096 + 1e12]);
  });

  it('counts a file with several hard links once, where it is met first', async () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.hardLink(`${KAFKA}/data/b`, `${KAFKA}/data/a`);
      p.hardLink(`${KAFKA}/logs/c`, `${KAFKA}/data/a`);
    });
    const { usedBytes, files, directories } = await kafka(made);
    assert.deepEqual([usedBytes, files], [4096, 1]);
    assert.deepEqual(
      directories.map((directory) => directory.usedBytes),
      [4096, 0],
    );
  });

  it('counts a file that two services share once, in the first of the layout', async () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.hardLink(`${BASE}/redis/data/a`, `${KAFKA}/data/a`);
    });
    assert.deepEqual(
      (await usagesOn(made)).map(({ service, usedBytes }) => [service, usedBytes]),
      [
        ['kafka', 4096],
        ['redis', 0],
        ['mongodb', 0],
      ],
    );
  });

  it('counts nothing of another file system below, and says where it is', async () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.mount(`${KAFKA}/logs`);
      p.file(`${KAFKA}/logs/b`, { bytes: 1_000_000 });
    });
    const { usedBytes, mountPoints, unreadable } = await kafka(made);
    assert.deepEqual([usedBytes, mountPoints, unreadable], [4096, ['logs'], []]);
  });

  it('does not follow links', async () => {
    const made = host((p) => {
      p.file('/var/huge', { bytes: 1_000_000 });
      p.link(`${KAFKA}/data/away`, '/var');
    });
    const { usedBytes, files } = await kafka(made);
    assert.deepEqual([usedBytes, files], [0, 0]);
  });

  it("takes a file called like a wanted directory for what it is: the service's, and no directory", async () => {
    const made = host((p) => {
      p.remove(`${KAFKA}/logs`);
      p.file(`${KAFKA}/logs`, { bytes: 4096 });
    });
    const { usedBytes, directories } = await kafka(made);
    assert.deepEqual(
      [usedBytes, directories[1]],
      [4096, { name: 'logs', role: 'log', usedBytes: 0, apparentBytes: 0, inodes: 0 }],
    );
  });

  const absent: readonly (readonly [string, (p: MemoryHost['prepare']) => void, string])[] = [
    ['missing', () => {}, 'missing'],
    ['a file', (p) => p.file(KAFKA), 'file'],
    ['a link', (p) => p.link(KAFKA, '/etc'), 'link'],
    [
      'a mount point',
      (p) => {
        p.directory(KAFKA);
        p.mount(KAFKA);
      },
      'mount point',
    ],
  ];
  for (const [what, prepare, error] of absent)
    it(`says that it does not know, last of all: ${what}`, async () => {
      const made = host((p) => {
        for (const part of ['/data', '/logs', '']) p.remove(KAFKA + part);
        prepare(p);
      });
      assert.deepEqual((await usagesOn(made)).at(-1), {
        service: 'kafka',
        path: KAFKA,
        plannedBytes: 1_000_000_000,
        usedBytes: null,
        apparentBytes: 0,
        inodes: 0,
        files: 0,
        directories: [],
        mountPoints: [],
        unreadable: [{ path: KAFKA, error }],
      });
    });

  it('without root: counts what it may, names what it may not', async () => {
    const made = createHost({ effectiveUid: 1000 });
    made.prepare.file(`${KAFKA}/data/a`, { bytes: 4096 });
    made.prepare.file(`${KAFKA}/logs/b`, { bytes: 4096 });
    made.prepare.chmod(`${KAFKA}/logs`, '0700');
    made.prepare.directory(`${BASE}/redis`, { mode: '0750' });
    made.prepare.chmod('/data/jts/hot', '0755');
    const usages = new Map((await usagesOn(made)).map((usage) => [usage.service, usage]));
    assert.deepEqual(
      [usages.get('kafka')?.usedBytes, usages.get('kafka')?.unreadable],
      [4096, [{ path: 'logs', error: 'EACCES' }]],
    );
    assert.deepEqual(
      [usages.get('redis')?.usedBytes, usages.get('redis')?.unreadable],
      [null, [{ path: `${BASE}/redis`, error: 'EACCES' }]],
    );
  });

  it('gives up a service that does not answer, and says so of it alone', async () => {
    const made = host((p) => p.file(`${KAFKA}/data/a`, { bytes: 4096 }));
    made.faults.hang(`${BASE}/redis/data`);
    const { usages, timedOut } = await scan(LAYOUT, made, { ...PATIENT, timeoutMs: 1000 });
    assert.equal(timedOut, true);
    assert.deepEqual(
      usages.map(({ service, usedBytes, unreadable }) => [service, usedBytes, unreadable]),
      [
        ['kafka', 4096, []],
        ['mongodb', 0, []],
        ['redis', null, [{ path: `${BASE}/redis`, error: 'timeout' }]],
      ],
    );
  });

  it('tells how many entries it has looked at', async () => {
    const told: number[] = [];
    const { entries } = await scan(
      LAYOUT,
      host(() => {}),
      { ...PATIENT, onProgress: (count) => told.push(count) },
    );
    // Those of the services, and the base itself.
    assert.deepEqual([entries, told.at(-1)], [10, 10]);
  });

  it('what belongs to no service is counted beside them, and what was not found is the rest of the disk', async () => {
    const made = host(({ file }) => {
      file(`${BASE}/kafka/data/a`, { bytes: 4096 });
      file(`${BASE}/stray/b`, { bytes: 8192 });
      file(`${BASE}/old.sql`, { bytes: 4096 });
    });
    const { usages, other } = await scan(LAYOUT, made, PATIENT);
    // The base, `stray`, two files.
    assert.deepEqual([other?.usedBytes, other?.files, other?.inodes], [12_288, 2, 4]);
    assert.equal(unaccountedBytes({ usages, other }, 20_480), 4096);
    assert.equal(unaccountedBytes({ usages, other }, 10_000), 0, 'deleted meanwhile');
    const [first, ...rest] = usages;
    assert.ok(first !== undefined);
    const half = { ...first, unreadable: [{ path: 'x', error: 'EACCES' }] };
    assert.equal(unaccountedBytes({ usages: [half, ...rest], other }, 20_480), null);
    assert.equal(unaccountedBytes({ usages, other: null }, 20_480), null);
  });
});
