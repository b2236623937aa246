// File systems and mounts of a host in memory.
import type { Mounted as DiskMount, DiskView } from '../../src/disk/base-disk.ts';
import { wantedMounts } from '../../src/disk/wanted.ts';
import type { BlockDisk } from '../../src/port/block-disk.ts';
import type { FileSystem } from '../../src/port/file-system.ts';
import { type Mounted, type Node, type State, unscripted } from './state.ts';
import { entryAt, find, nearest, uuidOf } from './tree.ts';

export function fileSystemAt(state: State, path: string): FileSystem {
  const { path: asked, node } = nearest(state, path);
  if (node.on.facts === null) throw unscripted(`about the file system that holds ${asked}`);
  return { path: asked, mountPoint: node.on.mountPoint, ...node.on.facts };
}

export function diskNamed({ disks }: State, wanted: string): BlockDisk {
  const found = disks.find(({ name }) => name === wanted);
  if (found === undefined) throw unscripted(`about the disk ${wanted}`);
  return found;
}

/** All file systems are of one kind and source: they differ by their UUID. */
export function diskAt(state: State, path: string): DiskView {
  const { node } = nearest(state, path);
  const entry = entryAt(state, path);
  const mounts: DiskMount[] = [];
  const collect = (at: Node, names: readonly string[], parent: string) => {
    const layers: Node[] = [at];
    for (let cover = at.cover; cover !== null; cover = cover.on.under) layers.splice(1, 0, cover);
    let below = parent;
    for (const layer of layers) {
      if (layer !== at) {
        const mount = mountOf(layer.on, below);
        mounts.push(mount);
        below = mount.id;
      }
      const child = names[0] === undefined ? undefined : layer.children.get(names[0]);
      if (child !== undefined) collect(child, names.slice(1), below);
    }
  };
  const first = mountOf(state.top.on, '');
  mounts.push(first);
  collect(state.top, path.split('/').filter(Boolean), first.id);
  const holder = mounts.find(({ id }) => id === `${node.on.number}`);
  if (holder === undefined) throw new Error(`nothing is mounted at or above ${path}`);
  const text = (file: string) => {
    const found = find(state, file);
    return found.type === 'node' ? found.node.text : null;
  };
  return {
    path,
    holder,
    mounts,
    wanted: wantedMounts(path, { text, deviceOf: () => null }),
    directory:
      entry.type === 'directory'
        ? { inode: entry.inode, born: entry.born }
        : entry.type === 'missing'
          ? 'missing'
          : 'hidden',
  };
}

function mountOf({ mountPoint, facts, number, uuid: own }: Mounted, parent: string): DiskMount {
  const uuid = uuidOf({ number, uuid: own });
  if (facts === null) throw unscripted(`about the file system mounted at ${mountPoint}`);
  const { source, type, options } = facts;
  return { id: `${number}`, parent, mountPoint, source, type, options, part: '/', device: null, uuid };
}
