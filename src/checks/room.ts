// Owns what is said of a disk that takes nothing more. Told only then: it is the cause of every write that fails.
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { Draft } from './follow.ts';

const WHO_USES = 'see who uses them: sudo jts-hot usage';

export function checkRoom(layout: Layout, host: HostReader): readonly Draft[] {
  const { mountPoint, availableBytes, inodes, inodesFree } = host.fileSystem(layout.base);
  const about = {
    at: `file system ${mountPoint}`,
    service: null,
    severity: 'error',
    status: 'fail',
    causes: [],
  } as const;
  const bytes: Draft = {
    ...about,
    id: 'space.free',
    expected: 'room for services to write',
    found: 'a full disk: 0 B available to services',
    hint: `free some space, or enlarge the disk; ${WHO_USES.replace('them', 'it')}`,
  };
  const names: Draft = {
    ...about,
    id: 'space.inodes',
    expected: 'inodes for new files',
    found: `none of ${inodes} inodes left`,
    hint: `remove small files that nobody needs; ${WHO_USES}`,
  };
  return [...(inodes > 0 && inodesFree === 0 ? [names] : []), ...(availableBytes === 0 ? [bytes] : [])];
}
