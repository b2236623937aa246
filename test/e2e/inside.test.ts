// Damages inside services' trees, done for real: each is found, its cause named first, the printed command typed as it
// stands mends it, and rollback gives back what was there, to the bit.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Check } from '../../src/checks/check.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const SELF = { JTS_HOT_SELF: '/usr/local/bin/jts-hot' };

interface Damage {
  readonly name: string;
  /** Typed below the base. */
  readonly done: string;
  readonly deep?: true;
  /** What does not follow from another one. */
  readonly found: readonly string[];
  /** null: no command may mend it. `as printed`: another room decides which. */
  readonly fix: string | null;
}

const repair = (service: string, ...flags: readonly string[]) =>
  ['sudo', SELF.JTS_HOT_SELF, 'repair', service, '--recursive', ...flags].join(' ');

const DAMAGES: readonly Damage[] = [
  {
    name: 'all of ClickHouse’s data given to uid 4711',
    done: 'chown -R 4711:4711 clickhouse/data/*',
    found: ['inside.clickhouse.owner'],
    fix: repair('clickhouse'),
  },
  {
    name: 'a foreign entry deep inside',
    done: 'touch kafka/data/topic-0/deep/one',
    deep: true,
    found: ['inside.kafka.owner'],
    fix: repair('kafka'),
  },
  {
    name: 'modes without a right of their owner',
    done: 'chmod 0000 redis/data/dump.rdb; chmod 0055 redis/data/dir',
    found: ['inside.redis.mode'],
    fix: repair('redis'),
  },
  {
    name: 'open to all',
    done: 'chmod 0666 redis/data/dump.rdb',
    found: ['inside.redis.world-writable'],
    fix: repair('redis'),
  },
  {
    name: 'immutable',
    done: 'chattr +i kafka/data/0.log',
    found: ['inside.kafka.flags'],
    fix: repair('kafka', '--flags'),
  },
  {
    name: 'immutable and foreign, below an append-only directory',
    done: 'chown 4711 kafka/data/0.log; chattr +i kafka/data/0.log; chattr +a kafka/data/topic-0',
    found: ['inside.kafka.flags'],
    fix: repair('kafka', '--flags'),
  },
  {
    name: 'the directory of the layout immutable',
    done: 'chattr +i kafka/data',
    found: ['flag.kafka/data'],
    fix: 'as printed',
  },
  {
    name: 'another service let into a file',
    done: 'setfacl -m u:redis:r kafka/data/0.log',
    found: ['inside.kafka.acl'],
    fix: repair('kafka', '--acl'),
  },
  {
    name: 'a list that new files inherit',
    done: 'setfacl -d -m u:redis:rwX mongodb/data',
    found: ['acl.mongodb/data'],
    fix: 'as printed',
  },
  {
    name: 'a program that runs as its owner',
    done: 'chmod 4755 redis/data/dump.rdb',
    found: ['inside.redis.setuid'],
    fix: null,
  },
  { name: 'a device', done: 'mknod kafka/data/disk b 7 0', found: ['inside.kafka.device'], fix: null },
];

const FILL = `cd ${BASE}; umask 027
  for one in clickhouse/data/store clickhouse/data/metadata kafka/data/topic-0/deep redis/data/dir mongodb/data/journal; do
    mkdir -p $one; done
  echo x > kafka/data/0.log; echo x > redis/data/dump.rdb; echo x > clickhouse/data/store/part; echo x > kafka/data/topic-0/s
  for one in clickhouse kafka redis mongodb; do chown -R $one:$one $one/data; done`;

/** Names, owners, modes, lists, flags. */
function all(host: ThrowawayHost): string {
  const look = `find . -printf '%p %y %U:%G %m\\n' | sort; getfacl -RP . 2>/dev/null; lsattr -Ra . | sort`;
  return host.run(['sh', '-c', look], { cwd: BASE }).stdout;
}

function failures(host: ThrowawayHost, deep = false): readonly Check[] {
  const { stdout } = host.run(jtsHot('validate', '-j', ...(deep ? ['--deep'] : [])), { env: SELF });
  const { result } = JSON.parse(stdout) as { readonly result: { readonly checks: readonly Check[] } };
  return result.checks.filter(
    ({ status, severity, because }) => status !== 'pass' && severity === 'error' && because === null,
  );
}

it('finds what is wrong inside services’ trees, and mends it by what it prints', async (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'setfacl')) return;
  const prepare = `printf '#!/bin/sh\\nexec "$@"\\n' > /usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo
    printf '#!/bin/sh\\nexec ${jtsHot().join(' ')} "$@"\\n' > ${SELF.JTS_HOT_SELF}; chmod 755 ${SELF.JTS_HOT_SELF}`;
  using host = startHost({ freshAccounts: true, prepare });
  runJtsHot(host, ['setup']);
  assert.equal(host.run(['sh', '-ec', FILL]).status, 0);
  assert.deepEqual(failures(host, true), []);
  for (const { name, done, found, fix, deep = false } of DAMAGES)
    await t.test(name, () => {
      const before = all(host);
      assert.equal(host.run(['sh', '-ec', `cd ${BASE}; ${done}`]).status, 0);
      const damaged = all(host);
      assert.notEqual(damaged, before);
      const failed = failures(host, deep);
      assert.deepEqual(
        failed.map(({ id }) => id),
        found,
      );
      const printed = failed[0]?.fix ?? null;
      if (fix !== 'as printed') assert.equal(printed, fix);
      if (printed === null) {
        assert.notEqual(failed[0]?.hint, null);
        const clean = 'chmod u-s redis/data/dump.rdb; chmod 640 redis/data/dump.rdb; rm -f kafka/data/disk';
        assert.equal(host.run(['sh', '-ec', `cd ${BASE}; ${clean}`]).status, 0);
        return;
      }
      const mended = host.run(['sh', '-c', printed]);
      assert.equal(mended.status, 0, describe(mended));
      assert.deepEqual(failures(host, true), []);
      if (fix === 'as printed') return;
      runJtsHot(host, ['rollback', '--yes']);
      assert.equal(all(host), damaged);
      const again = host.run(['sh', '-c', printed]);
      assert.equal(again.status, 0, describe(again));
      assert.deepEqual(failures(host, true), []);
    });
});
