// Owns the proof that each service can work: in every directory that the layout gives it, it makes, syncs and removes a
// file. With very many services it syncs one each: a disk takes milliseconds for that.

import { type DirectoryWant, desiredDirectories, directoryAddress } from '../resources/directory.ts';
import { errnoText } from '../values/errno.ts';
import type { Draft } from './follow.ts';
import { type Ground, notThere, withoutUser } from './ground.ts';

const MOST_SYNCED = 50;

export function checkWrites({ layout, host, look, tenants }: Ground): readonly Draft[] {
  const all = desiredDirectories(layout);
  const byPath = new Map(all.map((want) => [want.path, want.checkId]));
  const services = new Set(layout.services.map((service) => service.name));
  const owned = all.filter((want) => services.has(want.service));
  const onTheDisk = new Map<string, string>();

  function drafts(user: string, wants: readonly DirectoryWant[]): readonly Draft[] {
    const tenant = tenants.get(user);
    const there = wants.filter((want) => look(want.path).type === 'directory');
    const paths = tenant === undefined ? [] : there.map((want) => want.path);
    const synced = layout.services.length <= MOST_SYNCED ? wants.length : 1;
    const probes = tenant === undefined ? [] : host.probeWrites(paths, tenant.identity, synced);
    const byPathProbed = new Map(paths.map((path, i) => [path, probes[i]]));
    return wants.map((want, i): Draft => {
      const about = {
        id: want.checkId.replace('directory.', 'write.'),
        at: directoryAddress(want.path),
        service: want.service,
        severity: 'error',
        expected: `${user} can create${i < synced ? ', sync' : ''} and remove a file`,
        causes: [`user.${user}`, ...onTheWay(want.path).flatMap((path) => byPath.get(path) ?? [])],
      } as const;
      if (tenant === undefined) return { ...about, ...withoutUser(user) };
      const probe = byPathProbed.get(want.path);
      if (probe === undefined) return { ...about, ...notThere(look(want.path), want.path) };
      if (probe.ok) return { ...about, status: 'pass', found: 'yes', fix: null };
      const found = `no: ${errnoText(probe.error)}`;
      const ofTheDisk = OF_THE_DISK[probe.error];
      if (ofTheDisk === undefined)
        return {
          ...about,
          status: 'fail',
          found,
          fix: `sudo jts-hot repair ${want.service}`,
          // A flag keeps it from all, and is found by who looks inside.
          causes: [...about.causes, ...(probe.error === 'EPERM' ? [`inside.${want.service}.flags`] : [])],
        };
      // What the disk refuses to one user it refuses to all; a quota belongs to one service.
      const key = probe.error === 'EDQUOT' ? `${probe.error} ${want.service}` : probe.error;
      const first = onTheDisk.get(key) ?? about.id;
      onTheDisk.set(key, first);
      return {
        ...about,
        status: 'fail',
        found,
        hint: ofTheDisk,
        causes: [
          'space.inodes',
          'space.free',
          `space.quota.${want.service}`,
          ...(first === about.id ? [] : [first]),
        ],
      };
    });
  }

  // Each identity is taken on once; the checks still come in the order of the layout.
  const byUser = Map.groupBy(owned, (want) => want.owner.user);
  const made = new Map(
    [...byUser].flatMap(([user, wants]) => drafts(user, wants)).map((one) => [one.id, one]),
  );
  return owned.map((want) => made.get(want.checkId.replace('directory.', 'write.')) as Draft);
}

/** `/a/b` → `/a/b`, `/a`. */
function onTheWay(path: string): readonly string[] {
  const names = path.split('/').slice(1);
  return names.map((_, i) => `/${names.slice(0, names.length - i).join('/')}`);
}

const OF_THE_DISK: { readonly [error: string]: string } = {
  ENOSPC: 'free some space: see who uses it with: jts-hot monitor',
  EDQUOT: 'raise the quota or free some space: see who uses it with: jts-hot monitor',
  EROFS: 'the file system is read-only: see why (sudo dmesg | tail), then remount it',
  EIO: 'the disk reports errors: look at dmesg and smartctl',
};
