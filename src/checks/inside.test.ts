// What validate says of the inside of services' trees: which causes, how bad, and the command that is typed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { repairCommand } from '../setup/repair.ts';
import { setupCommand } from '../setup/setup.ts';
import type { Deep } from './inside.ts';
import { validateCommand } from './validate.ts';

const SMALL = smallLayout('kafka', 'redis', 'docker');
const LAYOUT: Layout = {
  ...SMALL,
  services: SMALL.services.map((service) =>
    service.name === 'docker' ? { ...service, user: 'root', group: 'root' } : service,
  ),
};
const KAFKA = `${LAYOUT.base}/kafka`;

async function converged(): Promise<MemoryHost> {
  const host = createHost();
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  return host;
}

function idsOf(host: MemoryHost, name: string): { readonly uid: number; readonly gid: number } {
  const user = host.users([name]).get(name);
  assert.ok(user !== undefined);
  return { uid: user.uid, gid: user.gid };
}

/** `FAIL inside.kafka.owner` and its like, with what is typed. */
async function told(host: MemoryHost, deep: Deep = 'none'): Promise<readonly string[]> {
  const { result } = await validateCommand(contextOf(host, LAYOUT), deep);
  return (result?.checks ?? [])
    .filter(({ status }) => status !== 'pass')
    .map(({ id, severity, status, fix, because }) =>
      [status === 'fail' ? severity : status, id, because === null ? fix : `because ${because}`].join(' '),
    );
}

describe('inside: what is told', () => {
  it('one check a service that has a user of its own, while all is right', async () => {
    const host = await converged();
    host.prepare.file(`${KAFKA}/data/0.log`, { ...idsOf(host, 'kafka'), mode: '0640' });
    host.prepare.file(`${LAYOUT.base}/docker/data/x`, { uid: 70_000, mode: '4777' });
    const { result } = await validateCommand(contextOf(host, LAYOUT));
    const inside = result?.checks.filter(({ id }) => id.startsWith('inside.'));
    assert.deepEqual(
      inside?.map(({ id, status, found }) => [id, status, found]),
      [
        ['inside.kafka', 'pass', 'all 4 entries'],
        ['inside.redis', 'pass', 'all 3 entries'],
      ],
    );
    assert.deepEqual(result?.inside, { entries: 7, whole: true });
  });

  it('a move that is open is nobody’s: neither told, nor repaired, and another one’s is', async () => {
    const host = await converged();
    const staging = `${KAFKA}/.jts-hot-move-kafka`;
    const ids = idsOf(host, 'kafka');
    host.prepare.directory(staging, { uid: 0, gid: 0, mode: '0700' });
    host.prepare.directory(`${staging}/copy`, { ...ids, mode: '0750' });
    host.prepare.file(`${staging}/copy/half`, { uid: 0, gid: 0, mode: '0000' });
    const before = host.fingerprint();
    for (const deep of ['none', 'all'] as const) assert.deepEqual(await told(host, deep), []);
    const context = contextOf(host, LAYOUT);
    await repairCommand(context, { service: 'kafka', recursive: true, allowInUse: false });
    assert.equal(host.fingerprint(), before);
    // A name alone hides nothing: only root can make such a directory.
    host.prepare.directory(`${KAFKA}/.jts-hot-move-redis`, { uid: 0, gid: 0, mode: '0700' });
    host.prepare.remove(`${staging}/copy/half`);
    host.prepare.remove(`${staging}/copy`);
    host.prepare.remove(staging);
    host.prepare.directory(staging, { ...ids, mode: '0700' });
    host.prepare.file(`${staging}/theirs`, { uid: 4711, gid: 4711 });
    const { result } = await validateCommand(contextOf(host, LAYOUT), 'all');
    assert.match(
      result?.checks.find(({ id }) => id === 'inside.kafka.owner')?.found ?? '',
      /^2 of all .*move-kafka\/theirs.*move-redis/,
    );
  });

  it('all of it owned by somebody else: told at once, with an example, and mended by what is printed', async () => {
    const host = await converged();
    for (const name of ['a', 'b', 'c', 'd'])
      host.prepare.file(`${KAFKA}/data/${name}`, { uid: 4711, gid: 4711 });
    host.prepare.file(`${KAFKA}/data/a\u202e\n`, { uid: 4711, gid: 4711 });
    assert.deepEqual(await told(host), ['error inside.kafka.owner sudo jts-hot repair kafka --recursive']);
    const { result } = await validateCommand(contextOf(host, LAYOUT));
    const check = result?.checks.find(({ id }) => id === 'inside.kafka.owner');
    assert.equal(
      check?.found,
      '5 of all 8 entries: data/a (4711:4711), data/a\\u{202e}\\x0a (4711:4711), data/b (4711:4711), …',
    );
    await repairCommand(contextOf(host, LAYOUT), { service: 'kafka', recursive: true, allowInUse: false });
    assert.deepEqual(await told(host), []);
  });

  it('what lies deeper is found by --deep, of all services or of one', async () => {
    const host = await converged();
    for (const service of ['kafka', 'redis']) {
      const ids = idsOf(host, service);
      host.prepare.directory(`${LAYOUT.base}/${service}/data/a`, ids);
      host.prepare.file(`${LAYOUT.base}/${service}/data/a/deep`, { ...ids, mode: '0000' });
    }
    assert.deepEqual(await told(host), []);
    const fix = (name: string) => `error inside.${name}.mode sudo jts-hot repair ${name} --recursive`;
    assert.deepEqual(await told(host, 'all'), [
      'error inside.kafka.mode sudo jts-hot repair --recursive',
      'error inside.redis.mode because inside.kafka.mode',
    ]);
    assert.deepEqual(await told(host, { service: 'redis' }), [fix('redis')]);
    const { result } = await validateCommand(contextOf(host, LAYOUT), 'none');
    assert.equal(result?.inside.whole, false);
  });

  it('a flag in the way is the cause of what it keeps from being mended', async () => {
    const host = await converged();
    host.prepare.file(`${KAFKA}/data/a`, { mode: '0666' });
    host.prepare.flag(`${KAFKA}/data/a`, 'immutable', true);
    assert.deepEqual(await told(host), [
      'error inside.kafka.flags sudo jts-hot repair kafka --recursive --flags',
      'error inside.kafka.owner because inside.kafka.flags',
      'error inside.kafka.world-writable because inside.kafka.flags',
    ]);
    const options = { service: 'kafka', recursive: true, allowInUse: false, flags: true };
    await repairCommand(contextOf(host, LAYOUT), options);
    assert.deepEqual(await told(host), []);
  });

  it('lists: a reader may be meant, a writer or another service may not', async () => {
    const host = await converged();
    host.prepare.file(`${KAFKA}/data/a`, { ...idsOf(host, 'kafka'), mode: '0640' });
    host.prepare.grant(`${KAFKA}/data/a`, { type: 'user', id: 5000, bits: 4 });
    const fix = 'inside.kafka.acl sudo jts-hot repair kafka --recursive --acl';
    assert.deepEqual(await told(host), [`warning ${fix}`]);
    host.prepare.grant(`${KAFKA}/data/a`, { type: 'user', id: idsOf(host, 'redis').uid, bits: 4 });
    assert.deepEqual(await told(host), [`error ${fix}`]);
    const options = { service: 'kafka', recursive: true, allowInUse: false, acl: true };
    await repairCommand(contextOf(host, LAYOUT), options);
    assert.deepEqual(await told(host), []);
  });

  it('lets isolation tell which service gets into the tree itself', async () => {
    const host = await converged();
    host.prepare.grant(KAFKA, { type: 'user', id: idsOf(host, 'redis').uid, bits: 5 });
    const all = await told(host);
    assert.ok(all.some((line) => line.startsWith('error isolation.redis/kafka')));
    assert.ok(!all.some((line) => line.includes('inside.')), all.join('\n'));
  });

  it('what no command may mend is told with advice', async () => {
    const host = await converged();
    const own = idsOf(host, 'kafka');
    host.prepare.file(`${KAFKA}/data/su`, { ...own, mode: '4755' });
    host.prepare.device(`${KAFKA}/data/null`);
    host.prepare.directory(`${KAFKA}/data/disk`, own);
    host.prepare.mount(`${KAFKA}/data/disk`);
    host.prepare.file(`${KAFKA}/data/one`, { uid: 1, mode: '0644' });
    host.prepare.hardLink(`${KAFKA}/data/two`, `${KAFKA}/data/one`);
    assert.deepEqual(await told(host), [
      'error inside.kafka.mount ',
      'error inside.kafka.device ',
      'error inside.kafka.setuid ',
      'error inside.kafka.hard-links ',
    ]);
    const { result } = await validateCommand(contextOf(host, LAYOUT));
    for (const check of result?.checks ?? []) if (check.status === 'fail') assert.notEqual(check.hint, null);
  });

  it('another file system that fstab mounts there may be meant', async () => {
    const host = await converged();
    host.prepare.directory(`${KAFKA}/data/disk`, idsOf(host, 'kafka'));
    host.prepare.mount(`${KAFKA}/data/disk`);
    host.prepare.file('/etc/fstab', { text: `UUID=1 ${KAFKA}/data/disk ext4 defaults 0 2\n` });
    assert.deepEqual(await told(host), ['warning inside.kafka.mount ']);
  });

  it('follows from the user or the directory that is not there', async () => {
    const host = await converged();
    host.prepare.rename(KAFKA, `${LAYOUT.base}/kafka.old`);
    assert.ok((await told(host)).includes('skip inside.kafka because directory.kafka'));
  });

  it('a disk that hangs on the way is told, and nothing is called right', async () => {
    const host = await converged();
    const hanging: MemoryHost = {
      ...host,
      lookInside: async (request) =>
        (await host.lookInside(request)).map((tree) => ({ ...tree, error: 'timeout', whole: false })),
    };
    assert.deepEqual(await told(hanging, 'all'), ['skip inside.kafka ', 'skip inside.redis ']);
  });

  it('refuses a tree that belongs to many', async () => {
    const host = await converged();
    await assert.rejects(validateCommand(contextOf(host, LAYOUT), { service: 'docker' }), (error) => {
      assert.ok(error instanceof Problem);
      return error.diagnostics[0]?.code === 'E_MIXED_TREE';
    });
    await assert.rejects(
      validateCommand(contextOf(host, LAYOUT), { service: 'kafak' }),
      /did you mean kafka/,
    );
  });
});

describe('inside: the last line of repair', () => {
  it('is one command, with the flags that it needs, and nothing where all is right', async () => {
    const host = await converged();
    const repair = async (service: string | null) => {
      const options = { service, recursive: false, allowInUse: false };
      return (await repairCommand(contextOf(host, LAYOUT), options)).result?.inside;
    };
    assert.equal(await repair(null), null);
    host.prepare.file(`${KAFKA}/data/a`, { mode: '0640' });
    assert.deepEqual(await repair(null), { count: 1, fix: 'sudo jts-hot repair kafka --recursive' });
    assert.equal(await repair('redis'), null);
    host.prepare.flag(`${KAFKA}/data/a`, 'immutable', true);
    host.prepare.file(`${LAYOUT.base}/redis/data/a`, { mode: '0640' });
    assert.deepEqual(await repair(null), { count: 3, fix: 'sudo jts-hot repair --recursive --flags' });
    assert.deepEqual(await repair('kafka'), {
      count: 2,
      fix: 'sudo jts-hot repair kafka --recursive --flags',
    });
  });
});
