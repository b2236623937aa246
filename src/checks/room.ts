// Owns what is said of a disk, or a project quota, that takes nothing more. Told only then: it is the cause of every write that fails.
import { type Layout, servicePath } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import { directoryAddress } from '../resources/directory.ts';
import { type Holder, holdersOf } from '../space/holders.ts';
import { limitAt } from '../space/limit-at.ts';
import { howToRaise, type Limited, limitsListed, spent } from '../space/own-limit.ts';
import type { Draft } from './follow.ts';

const WHO_USES = 'see who uses them: sudo jts-hot usage';

export function checkRoom(layout: Layout, host: HostReader): readonly Draft[] {
  return holdersOf(layout, host).flatMap((holder) => roomOn(layout, host, holder));
}

function roomOn(
  layout: Layout,
  host: HostReader,
  { service: own, path: held, services }: Holder,
): readonly Draft[] {
  const whole = host.fileSystem(held);
  const { mountPoint, availableBytes, inodes, inodesFree } = whole;
  const of = own === null ? '' : `.${own}`;
  const about = {
    at: `file system ${mountPoint}`,
    service: own,
    severity: 'error',
    status: 'fail',
    causes: [],
  } as const;
  const bytes: Draft = {
    ...about,
    id: `space.free${of}`,
    expected: `room for ${own ?? 'services'} to write`,
    found: 'a full disk: 0 B available to services',
    hint: `free some space, or enlarge the disk; ${WHO_USES.replace('them', 'it')}`,
  };
  const names: Draft = {
    ...about,
    id: `space.inodes${of}`,
    expected: 'inodes for new files',
    found: `none of ${inodes} inodes left`,
    hint: `remove small files that nobody needs; ${WHO_USES}`,
  };
  return [
    ...(inodes > 0 && inodesFree === 0 ? [names] : []),
    ...(availableBytes === 0 ? [bytes] : []),
    ...services.flatMap(({ name, ...service }): readonly Draft[] => {
      const path = servicePath(layout, { name, ...service });
      const limit = limitAt(host, path, whole);
      const found = limit === null ? null : spent(limit);
      if (limit === null || found === null) return [];
      return [
        {
          id: `space.quota.${name}`,
          at: directoryAddress(path),
          service: name,
          severity: 'error',
          status: 'fail',
          expected: `room for ${name} to write`,
          found: `a full project quota: ${found}`,
          hint: `free some space (sudo jts-hot usage ${name}), or ${more(layout, limit)}`,
          causes: [`space.inodes${of}`, `space.free${of}`],
        },
      ];
    }),
  ];
}

/** Limits that follow from the layout are raised in it: others would be set back. */
function more({ quota }: Layout, limit: Limited): string {
  return quota?.mode === 'enforce'
    ? 'give it more in the layout (`planned`, or `hard` of `quota`): then sudo jts-hot setup'
    : `raise its limit (${howToRaise(limit)}); all limits: ${limitsListed(limit)}`;
}
