// What every host must tell of settings of its kernel, and do where one is set: by one that nothing rests on (how often the kernel
// brings its statistics up to date); and the same of how far is read ahead.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { effectOf } from '../../src/port/operation.ts';
import { fails, type OnHost } from './cases.ts';

const SETTING = 'vm.stat_interval';

export function kernelValueContract(name: string, on: OnHost): void {
  describe(`${name}: kernelValues`, () => {
    on('are told by their names, and null of what there is not', ({ host }) => {
      const [value, none, wrong, outside] = host.kernelValues([
        SETTING,
        'vm.no_such_setting',
        'vm/../../../etc/passwd',
        '/etc/passwd',
      ]);
      assert.deepEqual([none, wrong, outside], [null, null, null]);
      if (host.root !== '/') return assert.equal(value, null);
      assert.match(value?.now ?? '', /^\d+$/);
      assert.deepEqual([value?.offered, value?.fixed], [null, null]);
    });
  });

  describe(`${name}: setKernelValue`, () => {
    on('sets it only while it is as it was, and is taken back', ({ host }) => {
      const from = host.kernelValues([SETTING])[0]?.now ?? '1';
      const to = String(Number(from) + 1);
      const set = { type: 'setKernelValue', setting: SETTING, from, to } as const;
      const back = { ...set, from: to, to: from };
      if (host.root !== '/') {
        assert.equal(effectOf(set, host).state, 'changed');
        fails(host, set, 'E_CHANGED');
        return;
      }
      try {
        assert.equal(effectOf(set, host).state, 'open');
        host.perform(set);
        assert.equal(host.kernelValues([SETTING])[0]?.now, to);
        assert.equal(effectOf(set, host).state, 'done');
        // Done again it does nothing, as after a crash.
        host.perform(set);
        const other = { ...set, from: '77', to: '78' };
        assert.equal(effectOf(other, host).state, 'changed');
        fails(host, other, 'E_CHANGED');
      } finally {
        host.perform(back);
      }
      assert.equal(host.kernelValues([SETTING])[0]?.now, from);
    });

    on('of a setting that there is not is refused', ({ host }) => {
      const none = { type: 'setKernelValue', setting: 'vm.no_such_setting', from: '0', to: '1' } as const;
      assert.equal(effectOf(none, host).state, 'changed');
      fails(host, none, 'E_CHANGED');
    });
  });

  describe(`${name}: setReadAhead`, () => {
    on('sets it only while it is as it was, and is taken back', ({ host, prepare }) => {
      const device = prepare.loop('nothing', { bytes: 32 * 1024 ** 2 });
      const [found = null, none] = host.readAheads([device, 'nosuchdevice']);
      assert.equal(none, null);
      const from = found?.kib ?? 128;
      const set = { type: 'setReadAhead', device, known: null, from, to: from + 4 } as const;
      if (host.root !== '/') {
        assert.equal(found, null);
        assert.equal(effectOf(set, host).state, 'changed');
        return;
      }
      assert.deepEqual(found, { device, known: null, kib: from, isFixed: false });
      assert.equal(effectOf(set, host).state, 'open');
      host.perform(set);
      assert.equal(effectOf(set, host).state, 'done');
      assert.equal(host.readAheads([device])[0]?.kib, from + 4);
      const other = { ...set, known: 'serial S1' };
      assert.equal(effectOf(other, host).state, 'changed');
      fails(host, other, 'E_CHANGED');
      fails(host, { ...set, from: 77, to: 78 }, 'E_CHANGED');
      host.perform({ ...set, from: from + 4, to: from });
      assert.equal(host.readAheads([device])[0]?.kib, from);
    });
  });
}
