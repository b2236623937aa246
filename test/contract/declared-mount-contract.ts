// Holds a host to what all do: below the base only what the layout declares is entered, and only where it is the right one.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  entriesOf,
  fails,
  GID,
  inodeOf,
  measure,
  type OnHost,
  own,
  ownerOf,
  plainly,
  removal,
  tryWrite,
  UID,
  walked,
} from './cases.ts';

const RIGHT = '11111111-2222-4333-8444-555555555555';
const FOREIGN = '99999999-2222-4333-8444-555555555555';
const DECLARED = { kafka: RIGHT };

export function declaredMountContract(name: string, on: OnHost): void {
  describe(`${name}: a mount that the layout declares`, () => {
    on(
      'is worked in as anything below the base, and counted as a tree',
      async ({ host, prepare }, base) => {
        const kafka = `${base}/kafka`;
        prepare.directory(kafka, { mode: '0000' });
        prepare.mount(kafka, 'ext4', RIGHT);
        const top = host.entry(kafka);
        assert.deepEqual([top.type, ...ownerOf(top)], ['directory', 0, 0]);
        host.perform(own(kafka, inodeOf(top), { from: [0, 0], to: [UID, GID] }));
        assert.deepEqual(ownerOf(host.entry(kafka)), [UID, GID]);
        host.perform(plainly(`${kafka}/data`));
        const data = host.entry(`${kafka}/data`);
        assert.equal(entriesOf(data), 0);
        const owner = { user: UID, group: GID };
        host.perform({ type: 'makeDirectory', path: `${kafka}/data/topic`, owner, mode: '0750' });
        prepare.file(`${kafka}/data/topic/segment`, { bytes: 10_000 });
        fails(host, removal(`${kafka}/data`), 'E_NOT_EMPTY');
        assert.equal(tryWrite(host, `${kafka}/data`, { uid: 0, gid: 0, groups: [] }).ok, true);
        const { trees } = await measure(host, { trees: [kafka, base], apart: [[], ['kafka']], depth: 1 });
        assert.deepEqual(
          trees.map(({ error, files, mountPoints }) => ({ error, files, mountPoints })),
          [
            { error: null, files: 1, mountPoints: [] },
            { error: null, files: 0, mountPoints: [] },
          ],
        );
        assert.equal(walked(host, kafka).seen.has('data/topic/segment'), true);
        assert.deepEqual(walked(host, base).walk.mountPoints, ['kafka']);
        prepare.remove(`${kafka}/data/topic/segment`);
        host.perform({ type: 'removeDirectory', path: `${kafka}/data/topic`, owner });
      },
      DECLARED,
    );

    on(
      'is neither made nor removed as a directory',
      ({ host, prepare }, base) => {
        fails(host, plainly(`${base}/kafka`), 'E_UNREACHABLE');
        assert.deepEqual(host.entry(`${base}/kafka`), { type: 'missing' });
        prepare.directory(`${base}/kafka`);
        fails(host, removal(`${base}/kafka`), 'E_UNREACHABLE');
        assert.equal(entriesOf(host.entry(base)), 1);
      },
      DECLARED,
    );

    on(
      'is not entered where nothing is mounted',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/kafka/data`);
        await closed(host, base);
      },
      DECLARED,
    );

    on(
      'is not entered where another file system is mounted, nor what is mounted over the right one',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/kafka`);
        prepare.mount(`${base}/kafka`, 'ext4', FOREIGN);
        prepare.directory(`${base}/kafka/data`);
        await closed(host, base);
        const again = prepare.unmount(`${base}/kafka`);
        prepare.mount(`${base}/kafka`, 'ext4', RIGHT);
        prepare.directory(`${base}/kafka/data`);
        assert.equal(host.entry(`${base}/kafka/data`).type, 'directory');
        again();
        await closed(host, base);
      },
      DECLARED,
    );

    on(
      'opens no other: not below it, not beside it, and through no link',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/kafka`);
        prepare.mount(`${base}/kafka`, 'ext4', RIGHT);
        prepare.directory(`${base}/kafka/data/inner`);
        prepare.mount(`${base}/kafka/data`);
        prepare.directory(`${base}/kafkaesque`);
        prepare.mount(`${base}/kafkaesque`);
        prepare.link(`${base}/kafka/link`, `${base}/kafka`);
        assert.deepEqual(host.entry(`${base}/kafka/data`), { type: 'mount point' });
        assert.deepEqual(host.entry(`${base}/kafkaesque`), { type: 'mount point' });
        for (const path of ['kafka/data/x', 'kafkaesque/x', 'kafka/link/x'])
          fails(host, plainly(`${base}/${path}`), 'E_UNREACHABLE');
        assert.deepEqual(walked(host, `${base}/kafka`).walk.mountPoints, ['data']);
      },
      DECLARED,
    );

    on(
      'is a link or a file where one is there',
      ({ host, prepare }, base) => {
        const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
        prepare.directory(`${outside}/data`);
        prepare.link(`${base}/kafka`, outside);
        assert.equal(host.entry(`${base}/kafka`).type, 'link');
        assert.deepEqual(host.entry(`${base}/kafka/data`), {
          type: 'blocked',
          at: `${base}/kafka`,
          by: 'link',
        });
        fails(host, plainly(`${base}/kafka/x`), 'E_UNREACHABLE');
        prepare.remove(`${base}/kafka`);
        prepare.file(`${base}/kafka`);
        assert.equal(host.entry(`${base}/kafka`).type, 'file');
        fails(host, plainly(`${base}/kafka/x`), 'E_UNREACHABLE');
      },
      DECLARED,
    );
  });
}

async function closed(host: Parameters<typeof walked>[0], base: string): Promise<void> {
  const kafka = `${base}/kafka`;
  assert.deepEqual(host.entry(kafka), { type: 'mount point' });
  assert.deepEqual(host.entry(`${kafka}/data`), { type: 'blocked', at: kafka, by: 'mount point' });
  fails(host, plainly(`${kafka}/x`), 'E_UNREACHABLE');
  fails(host, removal(`${kafka}/data`), 'E_UNREACHABLE');
  const { trees } = await measure(host, { trees: [kafka] });
  assert.equal(trees[0]?.error, 'mount point');
  assert.deepEqual(walked(host, kafka).walk.unreadable, [{ path: '', error: 'EXDEV' }]);
}
