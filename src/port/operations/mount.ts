// A file system that is mounted now, and taken off again while nothing is on it and nobody uses it. That it is mounted at the next
// start, too, is said by a line of fstab.
import type { HostReader } from '../host-reader.ts';
import { changed, DONE, type Effect, HOLDS_DATA, OPEN, operation } from './operation-entry.ts';
import type { Words } from './words.ts';

const fields = ({ z, text, absolutePath, place }: Words) => ({
  place: place.meta({ description: 'What it is on' }),
  uuid: text('Its UUID'),
  fileSystem: z.enum(['xfs', 'ext4']).meta({ description: 'Its type' }),
  mountPoint: absolutePath('Where'),
  options: z.array(text('An option')).meta({ description: 'Options of the mount, as the kernel takes them' }),
});

export const mountFileSystem = operation({
  fields,
  does: 'Mounts a file system, known by its UUID, after a trial where nobody sees it',
  failure: 'cannot mount a file system',
  describe: ({ fileSystem, uuid, mountPoint }) => `mount ${fileSystem} ${uuid} at ${mountPoint}`,
  cells: ({ fileSystem, mountPoint, options }) => [
    'mount',
    mountPoint,
    `${fileSystem} ${options.join(',') || 'defaults'}`,
  ],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ uuid, mountPoint }, host) {
    const is = mountedThere(host, mountPoint, uuid);
    if (is === 'it') return DONE;
    return is === 'nothing' ? OPEN : changed('another file system is mounted there');
  },
});

export const unmountFileSystem = operation({
  fields,
  does: 'Unmounts a file system, only while it is this one, nobody uses it, and nothing but empty directories is on it',
  failure: 'cannot unmount a file system',
  describe: ({ mountPoint }) => `unmount ${mountPoint}`,
  cells: ({ mountPoint }) => ['mount', mountPoint, 'unmounted'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ uuid, mountPoint }, host): Effect {
    const is = mountedThere(host, mountPoint, uuid);
    if (is === 'nothing') return DONE;
    if (is === 'another') return changed('another file system is mounted there');
    const { data, users } = host.mountUse(mountPoint);
    if (data !== null) return HOLDS_DATA;
    if (users.length > 0) return changed(describeUsers(users));
    return OPEN;
  },
});

export function describeUsers(users: readonly { readonly pid: number; readonly command: string }[]): string {
  return `it is in use: ${users.map(({ pid, command }) => `${command} (${pid})`).join(', ')}`;
}

function mountedThere(host: HostReader, mountPoint: string, uuid: string): 'it' | 'another' | 'nothing' {
  const { holder } = host.disk(mountPoint);
  if (holder.mountPoint !== mountPoint) return 'nothing';
  return holder.uuid?.toLowerCase() === uuid ? 'it' : 'another';
}
