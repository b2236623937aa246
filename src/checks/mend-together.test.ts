// One repair for what is wrong in the same way, and where there must be several.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Draft } from './follow.ts';
import { follow } from './follow.ts';
import { mendTogether } from './mend-together.ts';

function directory(of: string, found = '0777', more: Partial<Draft> = {}): Draft {
  const service = of.split('/')[0] ?? '';
  return {
    id: `directory.${of}`,
    at: `directory /data/jts/hot/${of}`,
    service,
    severity: 'error',
    status: 'fail',
    expected: `directory ${service}:${service} 0750`,
    found: `directory ${service}:${service} ${found}`,
    fix: `sudo jts-hot repair ${service}`,
    causes: [],
    ...more,
  };
}

function inside(service: string, cause: string, words = '', more: Partial<Draft> = {}): Draft {
  return directory(service, '', {
    id: `inside.${service}.${cause}`,
    expected: 'all of it right',
    found: 'all 4 entries: data/a (mode 0777)',
    fix: `sudo jts-hot repair ${service} --recursive${words}`,
    ...more,
  });
}

/** `directory.kafka: repair kafka` of what stands for itself, `… < directory.kafka` of what follows. */
function told(...drafts: readonly Draft[]): readonly string[] {
  return follow(mendTogether(drafts)).map(({ id, fix, because }) =>
    because === null ? `${id}: ${fix?.replace('sudo jts-hot ', '')}` : `${id} < ${because}`,
  );
}

describe('one command', () => {
  it('for a service and what is in its tree', () => {
    assert.deepEqual(told(directory('kafka'), inside('kafka', 'acl', ' --acl')), [
      'directory.kafka: repair kafka --recursive --acl',
      'inside.kafka.acl: repair kafka --recursive --acl',
    ]);
  });

  it('for several services; what one command did to all is told once, what is wrong otherwise for itself', () => {
    assert.deepEqual(
      told(directory('kafka'), directory('redis'), directory('redis/data', '0700'), inside('redis', 'mode')),
      [
        'directory.kafka: repair --recursive',
        'directory.redis < directory.kafka',
        'directory.redis/data: repair --recursive',
        'inside.redis.mode: repair --recursive',
      ],
    );
  });

  it('what it takes consent to is said with the one that is told', () => {
    const hint = 'see first';
    const [first] = follow(mendTogether([directory('kafka'), directory('kafka/data', '0777', { hint })]));
    assert.deepEqual([first?.hint, first?.fix], [hint, 'sudo jts-hot repair kafka']);
  });
});

describe('a command each', () => {
  const refused: readonly (readonly [string, Draft])[] = [
    ['one must be named, for its data is taken over', directory('redis', '0700', { consents: true })],
    ['an account is missing', directory('redis', '', { id: 'user.redis', fix: 'sudo useradd redis' })],
    [
      'the disk is read-only',
      directory('redis', '', { id: 'disk.writable', fix: 'sudo mount -o remount,rw /d' }),
    ],
    ['a mount is in the way', directory('redis', '', { fix: 'sudo umount /data/jts/hot/redis' })],
  ];
  for (const [why, other] of refused)
    it(`where a repair of all would be refused: ${why}`, () => {
      const lines = told(directory('kafka'), directory('mongodb', '0700'), other);
      assert.deepEqual(lines.slice(0, 2), [
        'directory.kafka: repair kafka',
        'directory.mongodb: repair mongodb',
      ]);
    });

  it('where lists that may be meant would be taken away with others', () => {
    const reader = inside('mongodb', 'acl', ' --acl', { severity: 'warning' });
    assert.deepEqual(told(inside('kafka', 'acl', ' --acl'), inside('redis', 'acl', ' --acl'), reader), [
      'inside.kafka.acl: repair kafka --recursive --acl',
      'inside.redis.acl: repair redis --recursive --acl',
      'inside.mongodb.acl: repair mongodb --recursive --acl',
    ]);
  });
});
