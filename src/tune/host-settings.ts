// Owns what is known of each setting that `tune host` is about, whatever services wish: what it does, in which order its values
// stand, and what the kernel has without being told. Must not know a service.
import type { SettingName } from '../services/tuning.ts';

export interface Setting {
  readonly name: SettingName;
  /** In a few words. */
  readonly title: string;
  /** What it does, a sentence each. */
  readonly about: readonly string[];
  /** Its words, the one that changes least for all processes first; null: a number. */
  readonly words: readonly string[] | null;
  /** What words mean that do not speak for themselves. */
  readonly means: Readonly<Record<string, string>>;
  /** `measured`: the kernel or systemd computes it at each start; null: it depends on how the kernel was built. */
  readonly byDefault: string | 'measured' | null;
  /** Who sets it. `somebody`: no step of ours does, and the hint says what to type. */
  readonly setBy: 'us' | 'somebody';
  readonly hint: string | null;
  /** Each device has its own (read-ahead-part.ts). */
  readonly isOfDevices: boolean;
  /** A value of 0 means that this other setting counts. */
  readonly zeroMeans: string | null;
  /** Where it is described. */
  readonly source: string;
}

type Given = Pick<Setting, 'title' | 'about' | 'source' | 'byDefault'> & Partial<Setting>;

const GIVEN: Readonly<Record<SettingName, Given>> = {
  thp: {
    title: 'transparent huge pages',
    about: [
      'The kernel can give memory in pages of 2 MiB instead of 4 KiB: fewer to look up, but more to copy, to clear and to find.',
      'It is one setting for all processes that do not ask for something else.',
    ],
    words: ['madvise', 'never', 'always'],
    means: {
      always: 'every process gets them',
      madvise: 'only processes that ask for them',
      never: 'no process, also where it asks',
    },
    byDefault: null,
    source: 'Linux, Documentation/admin-guide/mm/transhuge.rst',
  },
  'thp-defrag': {
    title: 'how a huge page is made',
    about: ['Where no 2 MiB are free in one piece, the kernel can make room at once, later, or not at all.'],
    words: ['madvise', 'defer+madvise', 'defer', 'never', 'always'],
    means: {
      always: 'each process that could have one waits for it',
      defer: 'in the background; until then small pages',
      'defer+madvise': 'in the background, but who asks for one waits for it',
      madvise: 'who asks for one waits for it, all others get small pages',
      never: 'small pages',
    },
    byDefault: 'madvise',
    source: 'Linux, Documentation/admin-guide/mm/transhuge.rst',
  },
  'vm.overcommit_memory': {
    title: 'memory that is promised',
    about: [
      'Processes ask for more memory than they use. The kernel decides whether it promises it.',
      'A promise that cannot be kept ends with a process being killed.',
    ],
    words: ['0', '1', '2'],
    means: {
      0: 'what is obviously too much is refused',
      1: 'nothing is refused',
      2: 'no more than swap and half of the memory is promised',
    },
    byDefault: '0',
    source: 'Linux, Documentation/mm/overcommit-accounting.rst',
  },
  'vm.swappiness': {
    title: 'how gladly the kernel swaps',
    about: [
      'Where memory is short, the kernel swaps pages of processes out, or drops pages of files that it can read again.',
      'Small numbers have it drop pages of files first; 0 has it swap only where nothing else is left.',
    ],
    byDefault: '60',
    source: 'Linux, Documentation/admin-guide/sysctl/vm.rst',
  },
  'vm.max_map_count': {
    title: 'maps of one process',
    about: [
      'How many pieces of memory and of files one process may have mapped. More costs nothing until it is used.',
    ],
    byDefault: '65530',
    source: 'Linux, Documentation/admin-guide/sysctl/vm.rst',
  },
  'vm.dirty_background_ratio': {
    title: 'when the kernel begins to write',
    about: [
      'What was written to files stays in memory at first. From so many per cent of memory on the kernel writes in the background.',
    ],
    byDefault: '10',
    zeroMeans: 'vm.dirty_background_bytes',
    source: 'Linux, Documentation/admin-guide/sysctl/vm.rst',
  },
  'vm.dirty_ratio': {
    title: 'when those who write must wait',
    about: [
      'From so many per cent of memory on, a process that writes to files waits until some of it is on the disk.',
    ],
    byDefault: '20',
    zeroMeans: 'vm.dirty_bytes',
    source: 'Linux, Documentation/admin-guide/sysctl/vm.rst',
  },
  'fs.file-max': {
    title: 'open files of the whole host',
    about: [
      'How many files all processes together may have open. systemd sets it as high as it goes at each start.',
    ],
    byDefault: 'measured',
    source: 'Linux, Documentation/admin-guide/sysctl/fs.rst',
  },
  'fs.aio-max-nr': {
    title: 'requests of asynchronous I/O',
    about: [
      'How many requests of io_setup(2) all processes together may have.',
      'No built-in service asks for more: those that read in parallel have threads or io_uring(7), which is not counted here.',
    ],
    byDefault: '65536',
    source: 'Linux, Documentation/admin-guide/sysctl/fs.rst',
  },
  'net.core.somaxconn': {
    title: 'connections that wait to be accepted',
    about: [
      'How many connections may wait at one port until its server takes them. A server that asks for more gets this.',
    ],
    byDefault: '4096',
    source: 'Linux, Documentation/admin-guide/sysctl/net.rst',
  },
  'kernel.pid_max': {
    title: 'numbers for processes and threads',
    about: ['The largest number that a process or a thread may have, and so how many there may be.'],
    byDefault: 'measured',
    source: 'Linux, Documentation/admin-guide/sysctl/kernel.rst',
  },
  'kernel.threads-max': {
    title: 'threads of the whole host',
    about: ['How many threads all processes together may have. The kernel computes it from the memory.'],
    byDefault: 'measured',
    source: 'Linux, Documentation/admin-guide/sysctl/kernel.rst',
  },
  'kernel.task_delayacct': {
    title: 'time that is spent waiting for the disk',
    about: ['Whether the kernel counts for each process how long it waits for the disk. It costs little.'],
    words: ['0', '1'],
    means: { 0: 'it is not counted', 1: 'it is counted' },
    byDefault: '0',
    source: 'Linux, Documentation/accounting/delay-accounting.rst',
  },
  readahead: {
    title: 'how far the kernel reads ahead, in KiB',
    about: [
      'Where a file is read in order, the kernel reads so much more than was asked for. Much helps scans, and costs memory where ' +
        'small pieces are read here and there.',
      'It is one setting for a device: only the services on the same file system share it.',
    ],
    byDefault: '128',
    isOfDevices: true,
    source: 'Linux, Documentation/block/queue-sysfs.rst',
  },
  swap: {
    title: 'swap',
    about: [
      'Room on a disk for pages of processes. With little swappiness it is used only where memory runs out.',
      'Making or leaving it is not ours: it takes room on a disk.',
    ],
    words: ['some', 'none'],
    byDefault: 'measured',
    setBy: 'somebody',
    hint: 'see what there is: swapon --show; how to add some: man mkswap',
    source: 'swapon(8)',
  },
  clock: {
    title: 'a clock that is kept right',
    about: [
      'Whether a service on this host keeps its clock right: systemd-timesyncd, chrony, ntpsec, ntpd or openntpd.',
      'Installing one is not ours: which one, and by which servers, is for the network to say.',
    ],
    words: ['synchronized', 'not synchronized'],
    byDefault: 'measured',
    setBy: 'somebody',
    hint: 'install one: sudo apt-get install chrony',
    source: 'timedatectl(1)',
  },
};

/** In the order in which they are shown. */
export const SETTINGS: readonly Setting[] = Object.entries(GIVEN).map(([name, given]) => ({
  name: name as SettingName,
  words: null,
  means: {},
  setBy: 'us',
  hint: null,
  zeroMeans: null,
  isOfDevices: false,
  ...given,
}));

export function settingCalled(name: string): Setting | undefined {
  return SETTINGS.find((one) => one.name === name);
}
