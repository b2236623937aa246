// What `validate` says of an account that is gone or is not as it was, by what its directories tell: which command gives it back, and
// what is looked at first. Typed on a real host: test/e2e/damages.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { setupCommand } from '../setup/setup.ts';
import { validateCommand } from './validate.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const HOME = `${LAYOUT.base}/kafka`;

interface Numbers {
  readonly host: MemoryHost;
  readonly uid: number;
  readonly gid: number;
}

async function setUp(): Promise<Numbers> {
  const host = createHost();
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  const { uid, gid } = host.users(['kafka']).get('kafka') ?? assert.fail();
  return { host, uid, gid };
}

const withoutUser = ({ host }: Numbers) => host.perform({ type: 'deleteUser', name: 'kafka', home: HOME });
function withoutBoth(of: Numbers): void {
  withoutUser(of);
  of.host.perform({ type: 'deleteGroup', name: 'kafka' });
}

/** Of one check what was found, how it is mended, what to look at first. */
async function told(host: MemoryHost, id: string): Promise<string> {
  const { exitCode, result } = await validateCommand(contextOf(host, LAYOUT));
  assert.equal(exitCode, 1);
  const check =
    result?.checks.find((one) => one.id === id && one.status === 'fail') ?? assert.fail(`no ${id}`);
  return [check.found, check.fix ?? 'no fix', check.hint ?? 'no hint'].join('\n');
}

const made = (uid: number) =>
  `useradd --system --uid ${uid} --gid kafka --home-dir ${HOME} --no-create-home --shell /bin/false kafka`;

describe('a user that is gone', () => {
  it('gets its uid back, which its directories have', async () => {
    const of = await setUp();
    withoutUser(of);
    const { uid } = of;
    assert.equal(
      await told(of.host, 'user.kafka'),
      `missing; its directories have uid ${uid}\nsudo ${made(uid)}\nno hint`,
    );
  });

  it('whose uid somebody else has gets it back once that one has another', async () => {
    const of = await setUp();
    withoutUser(of);
    const { host, uid } = of;
    host.prepare.addUser({ name: 'mallory', uid, gid: 0, home: '/home/mallory', shell: '/bin/bash' });
    const text = await told(host, 'user.kafka');
    assert.match(text, new RegExp(`^missing; the uid of its directories, ${uid}, is that of mallory\\n`));
    const [, other = ''] = /usermod --uid (\d+) mallory/.exec(text) ?? [];
    assert.ok(Number(other) > 0 && Number(other) !== uid, text);
    assert.ok(text.includes(made(uid)), text);
    assert.match(text, /see first what mallory is: getent passwd mallory/);
  });

  it('but stands in /etc/passwd has a line that cannot be read, or is not looked for there', async () => {
    const of = await setUp();
    withoutUser(of);
    const { host, uid, gid } = of;
    host.prepare.file('/etc/passwd', { text: `root:x:0:0::/root:/bin/sh\nkafka:x:${uid}\n` });
    assert.match(
      await told(host, 'user.kafka'),
      /^in \/etc\/passwd, with a line that cannot be read: "kafka:x:\d+"\nno fix\nput its line right: sudo vipw$/,
    );
    host.prepare.write('/etc/passwd', `kafka:x:${uid}:${gid}::${HOME}:/bin/false\n`);
    assert.match(
      await told(host, 'user.kafka'),
      /^in \/etc\/passwd, and not found by the name services\nno fix\nsee that the line of passwd/,
    );
  });
});

describe('a user that is root by another name', () => {
  it('gets its own uid back, and somebody has to find out why', async () => {
    const { host, uid } = await setUp();
    const user = host.users(['kafka']).get('kafka') ?? assert.fail();
    host.prepare.addUser({ ...user, uid: 0 });
    const text = await told(host, 'user.kafka');
    assert.match(text, new RegExp(`^uid 0, which is root; its directories have uid ${uid}\\nsudo sed -i `));
    assert.match(text, new RegExp(`:${uid}:/' /etc/passwd\\nfind out who made it root`));
  });
});

describe('a group that is gone', () => {
  it('gets its gid back, and the user that went with it is made again in the same command', async () => {
    const of = await setUp();
    withoutBoth(of);
    const { host, uid, gid } = of;
    const text = await told(host, 'group.kafka');
    assert.match(text, new RegExp(`^missing; its directories have gid ${gid}\\n`));
    assert.ok(text.includes(`groupadd --system --gid ${gid} kafka`) && text.includes(made(uid)), text);
  });

  it('whose gid has another name is given its own back, if that is none of its own', async () => {
    const of = await setUp();
    withoutBoth(of);
    const { host, gid } = of;
    host.prepare.addGroup('streams', gid);
    const text = await told(host, 'group.kafka');
    assert.match(
      text,
      new RegExp(`^missing; the gid of its directories, ${gid}, is that of group streams\\n`),
    );
    assert.match(text, /groupmod --new-name kafka streams/);
    assert.match(text, /only if streams is no group of its own/);
  });

  it('whose gid a group with members has is not taken from them', async () => {
    const of = await setUp();
    withoutBoth(of);
    of.host.prepare.addGroup('team', of.gid, ['redis']);
    assert.doesNotMatch(await told(of.host, 'group.kafka'), /groupmod/);
  });
});
