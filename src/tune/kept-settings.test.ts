// What files say of settings for the next start: which of them counts, and what ours says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryHost } from '../../test/memory-host/memory-host.ts';
import {
  fileText,
  isOurs,
  keptSettings,
  SYSCTL_FILE,
  sysctlLines,
  TMPFILES_FILE,
  tmpfilesLines,
} from './kept-settings.ts';

const NAME = 'vm.swappiness';
const ENABLED = '/sys/kernel/mm/transparent_hugepage/enabled';

describe('sysctl.d', () => {
  for (const [text, want] of [
    ['vm.swappiness = 1', [[NAME, '1']]],
    ['vm.swappiness=1\n', [[NAME, '1']]],
    ['  -vm.swappiness =  1  ', [[NAME, '1']]],
    ['vm/swappiness = 1', [[NAME, '1']]],
    ['net/ipv4/conf/enp3s0.200/forwarding = 1', [['net.ipv4.conf.enp3s0.200.forwarding', '1']]],
    ['# vm.swappiness = 1\n; vm.swappiness = 2', []],
    ['vm.swappiness', []],
    [
      'vm.swappiness = 1\nvm.swappiness = 2',
      [
        [NAME, '1'],
        [NAME, '2'],
      ],
    ],
  ] as const)
    it(JSON.stringify(text), () => {
      assert.deepEqual(
        sysctlLines(text).map(({ setting, value }) => [setting, value]),
        want,
      );
    });

  it('of all files the last by name counts; of one name, that in /etc; a link to /dev/null hides one', () => {
    const host = createMemoryHost();
    const said = () => keptSettings(host, [NAME])[0];
    assert.deepEqual(said(), { now: null, others: null, over: null });
    host.prepare.file('/usr/lib/sysctl.d/50-a.conf', { text: `${NAME} = 50\n` });
    assert.equal(said()?.now?.value, '50');
    host.prepare.file('/etc/sysctl.conf', { text: `${NAME} = 40\n` });
    host.prepare.link('/etc/sysctl.d/99-sysctl.conf', '../sysctl.conf');
    assert.deepEqual(said()?.now, { setting: NAME, value: '40', by: '/etc/sysctl.d/99-sysctl.conf' });
    host.prepare.file(SYSCTL_FILE, { text: `${NAME} = 1\n` });
    assert.equal(said()?.now?.value, '1');
    assert.equal(said()?.others?.value, '40');
    assert.equal(said()?.over, null);
    host.prepare.file('/run/sysctl.d/zz.conf', { text: `${NAME} = 7\n` });
    assert.equal(said()?.over?.by, '/run/sysctl.d/zz.conf');
    host.prepare.link('/etc/sysctl.d/zz.conf', '/dev/null');
    assert.equal(said()?.now?.value, '1');
    host.prepare.file('/etc/sysctl.d/zzz.txt', { text: `${NAME} = 8\n` });
    assert.equal(said()?.now?.value, '1');
  });
});

describe('tmpfiles.d', () => {
  for (const [text, want] of [
    [`w ${ENABLED} - - - - madvise`, ['madvise']],
    [`w! ${ENABLED} - - - - never  `, ['never']],
    [`w "${ENABLED}" - - - - always`, ['always']],
    [`f ${ENABLED} - - - - never`, []],
    [`#w ${ENABLED} - - - - never`, []],
    ['w /sys/other - - - - never', []],
  ] as const)
    it(text, () => {
      assert.deepEqual(
        tmpfilesLines(text).map(({ value }) => value),
        want,
      );
    });

  it('of all files the first by name counts', () => {
    const host = createMemoryHost();
    const said = () => keptSettings(host, ['thp'])[0];
    const line = (value: string) => ({ text: `w ${ENABLED} - - - - ${value}\n` });
    host.prepare.file('/usr/lib/tmpfiles.d/thp.conf', line('never'));
    host.prepare.file('/etc/tmpfiles.d/zz.conf', line('always'));
    assert.equal(said()?.now?.value, 'never');
    host.prepare.file(TMPFILES_FILE, line('madvise'));
    assert.equal(said()?.now?.value, 'madvise');
    assert.equal(said()?.others?.value, 'never');
    assert.equal(said()?.over, null);
    host.prepare.file('/etc/tmpfiles.d/00-a.conf', line('always'));
    assert.equal(said()?.over?.value, 'always');
  });
});

it('a file of ours says what it is read as, and is known as ours', () => {
  const lines = [
    { setting: NAME, value: '1', comment: 'at most 1: asked for by kafka' },
    { setting: 'vm.max_map_count', value: '262144', comment: 'b' },
  ];
  const text = fileText(lines) ?? assert.fail();
  assert.ok(isOurs(text));
  assert.deepEqual(
    sysctlLines(text).map(({ setting, value }) => [setting, value]),
    lines.map(({ setting, value }) => [setting, value]),
  );
  const other = fileText([{ setting: 'thp-defrag', value: 'defer+madvise', comment: 'c' }]) ?? assert.fail();
  assert.deepEqual(tmpfilesLines(other), [{ setting: 'thp-defrag', value: 'defer+madvise' }]);
  assert.equal(fileText([]), null);
});
