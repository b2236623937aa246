// What is measured of each service: blocks on the disk, each file once, nothing of other file systems, and what is not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallSpec } from '../../test/cases/host.ts';
import type { MemoryHost } from '../host/memory.ts';
import { scan, type Usage } from './scan.ts';

const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
const SPEC = smallSpec('kafka', 'redis', 'mongodb');

function host(prepare: (p: MemoryHost['prepare']) => void): MemoryHost {
  const made = createHost();
  for (const { name } of SPEC.services)
    for (const part of ['', '/data', '/logs']) made.prepare.directory(`${BASE}/${name}${part}`);
  prepare(made.prepare);
  return made;
}

function kafka(made: MemoryHost): Usage {
  const usage = scan(SPEC, made).find(({ service }) => service === 'kafka');
  assert.ok(usage !== undefined);
  return usage;
}

describe('scan', () => {
  it('adds up blocks of the service and of each of its directories, largest service first', () => {
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
    assert.deepEqual(scan(SPEC, made), [
      {
        ...about('mongodb'),
        usedBytes: 1_003_520,
        files: 1,
        directories: [
          { name: 'data', usedBytes: 1_003_520 },
          { name: 'logs', usedBytes: 0 },
        ],
      },
      {
        ...about('kafka'),
        usedBytes: 4096 + 8192 + 8192 + 4096,
        files: 4,
        directories: [
          { name: 'data', usedBytes: 4096 + 8192 },
          { name: 'logs', usedBytes: 8192 },
        ],
      },
      {
        ...about('redis'),
        usedBytes: 0,
        files: 0,
        directories: [
          { name: 'data', usedBytes: 0 },
          { name: 'logs', usedBytes: 0 },
        ],
      },
    ]);
  });

  it('counts what is on the disk, not how long a file says it is', () => {
    const made = host((p) => p.file(`${KAFKA}/data/sparse`, { bytes: 4096, sparseBytes: 1e12 }));
    assert.equal(kafka(made).usedBytes, 4096);
  });

  it('counts a file with several hard links once, where it is met first', () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.hardLink(`${KAFKA}/data/b`, `${KAFKA}/data/a`);
      p.hardLink(`${KAFKA}/logs/c`, `${KAFKA}/data/a`);
    });
    const { usedBytes, files, directories } = kafka(made);
    assert.deepEqual([usedBytes, files], [4096, 1]);
    assert.deepEqual(
      directories.map((directory) => directory.usedBytes),
      [4096, 0],
    );
  });

  it('counts a file that two services share once, in the first of the layout', () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.hardLink(`${BASE}/redis/data/a`, `${KAFKA}/data/a`);
    });
    assert.deepEqual(
      scan(SPEC, made).map(({ service, usedBytes }) => [service, usedBytes]),
      [
        ['kafka', 4096],
        ['redis', 0],
        ['mongodb', 0],
      ],
    );
  });

  it('counts nothing of another file system below, and says where it is', () => {
    const made = host((p) => {
      p.file(`${KAFKA}/data/a`, { bytes: 4096 });
      p.mount(`${KAFKA}/logs`);
      p.file(`${KAFKA}/logs/b`, { bytes: 1_000_000 });
    });
    const { usedBytes, mountPoints, unreadable } = kafka(made);
    assert.deepEqual([usedBytes, mountPoints, unreadable], [4096, ['logs'], []]);
  });

  it('does not follow links', () => {
    const made = host((p) => {
      p.file('/var/huge', { bytes: 1_000_000 });
      p.link(`${KAFKA}/data/away`, '/var');
    });
    assert.deepEqual([kafka(made).usedBytes, kafka(made).files], [0, 0]);
  });

  it('takes a file called like a wanted directory for what it is', () => {
    const made = host((p) => {
      p.remove(`${KAFKA}/logs`);
      p.file(`${KAFKA}/logs`, { bytes: 4096 });
    });
    assert.deepEqual(kafka(made).directories[1], { name: 'logs', usedBytes: 4096 });
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
    it(`says that it does not know, last of all: ${what}`, () => {
      const made = host((p) => {
        for (const part of ['/data', '/logs', '']) p.remove(KAFKA + part);
        prepare(p);
      });
      assert.deepEqual(scan(SPEC, made).at(-1), {
        service: 'kafka',
        path: KAFKA,
        plannedBytes: 1_000_000_000,
        usedBytes: null,
        files: 0,
        directories: [],
        mountPoints: [],
        unreadable: [{ path: KAFKA, error }],
      });
    });

  it('without root: counts what it may, names what it may not', () => {
    const made = createHost({ effectiveUid: 1000 });
    made.prepare.file(`${KAFKA}/data/a`, { bytes: 4096 });
    made.prepare.file(`${KAFKA}/logs/b`, { bytes: 4096 });
    made.prepare.chmod(`${KAFKA}/logs`, '0700');
    made.prepare.directory(`${BASE}/redis`, { mode: '0750' });
    made.prepare.chmod('/data/jts/hot', '0755');
    const usages = new Map(scan(SPEC, made).map((usage) => [usage.service, usage]));
    assert.deepEqual(
      [usages.get('kafka')?.usedBytes, usages.get('kafka')?.unreadable],
      [4096, [{ path: 'logs', error: 'EACCES' }]],
    );
    assert.deepEqual(
      [usages.get('redis')?.usedBytes, usages.get('redis')?.unreadable],
      [null, [{ path: '', error: 'EACCES' }]],
    );
  });

  it('tells which service it is at', () => {
    const names: string[] = [];
    scan(
      SPEC,
      host(() => {}),
      (name) => names.push(name),
    );
    assert.deepEqual(names, ['kafka', 'redis', 'mongodb']);
  });
});
