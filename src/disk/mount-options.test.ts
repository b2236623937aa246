import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kernelOptions, missingOptions, withOptions } from './mount-options.ts';

describe('options of a mount', () => {
  it('those of fstab and systemd are not told to the kernel', () => {
    const all = [
      'defaults',
      'noatime',
      'nofail',
      'x-systemd.device-timeout=30s',
      'auto',
      '_netdev',
      'prjquota',
    ];
    assert.deepEqual(kernelOptions(all), ['noatime', 'prjquota']);
  });

  it('what the kernel does anyway is not missed, and what it says otherwise is', () => {
    const shown = ['rw', 'noatime', 'attr2', 'inode64', 'logbufs=8', 'prjquota'];
    const table: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['rw', 'noatime', 'pquota', 'inode64'], []],
      [['data=ordered', 'nodiscard', 'async', 'suid', 'errors=remount-ro'], []],
      [
        ['nosuid', 'nodev'],
        ['nosuid', 'nodev'],
      ],
      [['relatime'], ['relatime']],
      [['strictatime'], ['strictatime']],
      [['logbufs=4'], ['logbufs=4']],
      [['nofail', 'x-systemd.automount'], []],
    ];
    for (const [wanted, missing] of table)
      assert.deepEqual(missingOptions(wanted, shown), missing, wanted.join());
    assert.deepEqual(missingOptions(['data=ordered'], ['rw', 'data=writeback']), ['data=ordered']);
    assert.deepEqual(missingOptions(['rw'], ['ro']), ['rw']);
  });
});

describe('options of a line', () => {
  const OURS = ['noatime', 'nofail', 'x-systemd.device-timeout=30s'];
  const table: readonly (readonly [what: string, before: string, after: string])[] = [
    ['as they are', OURS.join(), OURS.join()],
    [
      'in another order',
      'nofail,x-systemd.device-timeout=30s,noatime',
      'nofail,x-systemd.device-timeout=30s,noatime',
    ],
    ['none', '', OURS.join()],
    ['defaults', 'defaults', OURS.join()],
    ['defaults beside ours', `defaults,${OURS.join()}`, `defaults,${OURS.join()}`],
    ['additions stay', `lazytime,${OURS.join()},x-custom=a`, `lazytime,${OURS.join()},x-custom=a`],
    ['what is against ours gives way', 'relatime,nofail,x-systemd.device-timeout=5s', OURS.join()],
    ['one is missing', 'noatime,discard,nofail', 'noatime,discard,nofail,x-systemd.device-timeout=30s'],
    ['by hand alone', `noauto,${OURS.join()}`, OURS.join()],
    ['auto says what is so', `auto,${OURS.join()}`, `auto,${OURS.join()}`],
    ['twice', `noatime,relatime,${OURS.slice(1).join()}`, OURS.join()],
    ['quotes', `context="a,b",${OURS.join()}`, `context="a,b",${OURS.join()}`],
  ];
  for (const [what, before, after] of table)
    it(what, () => {
      assert.equal(withOptions(before, OURS), after);
      assert.equal(withOptions(after, OURS), after);
    });
});
