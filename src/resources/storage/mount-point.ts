// Directories to mount on: root's and immutable, so that nothing can be written where nothing is mounted. One that holds something is
// not mounted over. Must not look at what is mounted there: that is mounted.ts's.
import { type Difference, NO_DIFFERENCE, type Resource } from '../../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import type { MountPlace } from '../../port/mount-point.ts';
import { describePlaceFound } from '../../port/operations/mount-point.ts';
import { directoryAddress } from '../directory.ts';

export interface MountPointWant {
  readonly mountPoint: string;
  /** The service that it is for, where that has its data in a directory below; left out: nobody can say what to type. */
  readonly service?: { readonly name: string; readonly path: string };
  /** What must stay for as long as it does, beside its parent: the mount that it lies on. */
  readonly needs: readonly string[];
}

export function mountPointAddress(mountPoint: string): string {
  return `mount point ${mountPoint}`;
}

export const mountPoint: Resource<MountPointWant, MountPlace> = {
  kind: 'mount point',
  role: 'device',
  creates: ['makeMountPoint'],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: (want) => mountPointAddress(want.mountPoint),
  checkId: (want) => `mount-point.${want.mountPoint}`,
  service: () => null,
  observe: (host, wants) => wants.map(({ mountPoint: at }) => host.mountPlace(at)),
  diff(want, place) {
    switch (place.type) {
      case 'missing':
        return made(want);
      case 'unreachable':
        // A directory on the way that is missing is made before it; what else is in the way is refused there.
        return made(want);
      case 'directory':
        return diffDirectory(want, place);
      case 'other':
        return refuse(notADirectory(want, place));
      case 'hidden':
        return { ...NO_DIFFERENCE, warnings: [hidden(want)] };
      default:
        return place satisfies never;
    }
  },
  expected: () => 'a directory that is empty and immutable below the mount',
  found: (_want, place) =>
    place.type === 'directory' && place.isClosed ? 'immutable' : describePlaceFound(place),
};

function made({ mountPoint: at, needs }: MountPointWant): Difference {
  const parent = at.slice(0, at.lastIndexOf('/'));
  const step = {
    address: mountPointAddress(at),
    action: '+',
    summary: `${at}  root:root 0755, immutable`,
    reason: 'nothing is to be written where nothing is mounted',
    do: { type: 'makeMountPoint', mountPoint: at },
    undo: { type: 'removeMountPoint', mountPoint: at },
    needs: [...(parent === '' ? [] : [directoryAddress(parent)]), ...needs],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step] };
}

function diffDirectory(
  want: MountPointWant,
  { inode, born, isClosed, isCovered, holds }: Extract<MountPlace, { type: 'directory' }>,
): Difference {
  const { mountPoint: at, needs } = want;
  if (holds.length > 0 && !isCovered) return refuse(wouldHide(want, holds));
  const warnings = holds.length > 0 ? [hides(at, holds)] : [];
  if (isClosed) return { ...NO_DIFFERENCE, warnings };
  const step = {
    address: mountPointAddress(at),
    action: '~',
    summary: `${at}  immutable below the mount`,
    reason: 'nothing is to be written where nothing is mounted',
    do: { type: 'closeMountPoint', mountPoint: at, inode, born },
    undo: { type: 'openMountPoint', mountPoint: at, inode, born },
    needs,
  } as const;
  return { steps: [step], refusals: [], warnings };
}

function refuse(refusal: Diagnostic): Difference {
  return { ...NO_DIFFERENCE, refusals: [refusal] };
}

function wouldHide({ mountPoint: at, service }: MountPointWant, holds: readonly string[]): Diagnostic {
  const aside = `sudo mv -nT ${shellWord(at)} ${shellWord(`${at}.before`)}`;
  return diagnostic('E_WOULD_HIDE', 'refusing to hide data below a mount', {
    at: mountPointAddress(at),
    detail: [
      'want an empty directory, since what is in it cannot be seen below a mount',
      `found in it: ${holds.join(', ')}`,
    ],
    ...(service === undefined
      ? { fix: aside, hint: 'stop first what uses it; what is in it can go to the new disk afterwards' }
      : {
          fix: `sudo jts-hot move ${service.name} --to ${shellWord(`${service.path}-volume`)}`,
          hint: `while ${service.name} runs, that takes its data along; if it never ran here: ${aside}`,
        }),
  });
}

function hides(at: string, holds: readonly string[]): Diagnostic {
  return diagnostic('W_HIDDEN_BELOW', 'something lies below a mount, where nobody sees it', {
    at: mountPointAddress(at),
    detail: `want an empty directory below the mount, found in it: ${holds.join(', ')}`,
    hint: `look at it through a second mount of what it is on: sudo mount --bind ${shellWord(at.slice(0, at.lastIndexOf('/')) || '/')} /mnt`,
  });
}

function notADirectory({ mountPoint: at }: MountPointWant, place: MountPlace): Diagnostic {
  return diagnostic('E_NOT_A_DIRECTORY', 'refusing to use something that is not a directory', {
    at: mountPointAddress(at),
    detail: `want a directory, ${describePlaceFound(place)}`,
    hint: `look at it (sudo ls -ld ${shellWord(at)}), move it away, then run the same command again`,
  });
}

function hidden({ mountPoint: at }: MountPointWant): Diagnostic {
  return diagnostic('W_HIDDEN', 'cannot look without root', {
    at: mountPointAddress(at),
    detail: 'what is below the mount is unknown',
    fix: 'sudo jts-hot plan',
  });
}
