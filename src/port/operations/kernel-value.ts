// Settings of the running kernel, for now. Not kept over a start of the machine.
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const setKernelValue = operation({
  fields: ({ text }) => ({
    setting: text(
      'As sysctl(8) calls it, for example `vm.swappiness`; `thp`, `thp-defrag`: transparent huge pages',
    ),
    from: text('Its value before'),
    to: text('Its value after'),
  }),
  does: 'Sets a setting of the running kernel, only while its value is `from`',
  failure: 'cannot set a setting of the kernel',
  describe: ({ setting, from, to }) => `set ${setting} from ${from} to ${to}`,
  cells: ({ setting, from, to }) => ['kernel', setting, `${from} -> ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect({ setting, from, to }, host) {
    const [value = null] = host.kernelValues([setting]);
    if (value === null) return changed('this kernel has no such setting');
    if (value.now === to) return DONE;
    return value.now === from ? OPEN : changed(`want ${from}, found ${value.now}`);
  },
});
