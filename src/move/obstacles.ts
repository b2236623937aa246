// Owns what stands in the way of moving a service's data, as messages. Pure: it is handed what was seen.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { formatCount } from '../values/count.ts';
import { formatBytes } from '../values/size.ts';

const atService = (service: string) => `service ${service}`;

export function moveFrom(service: string, from: string): string {
  return `sudo jts-hot move ${service} --from ${shellWord(from)}`;
}

export function noManager(service: string): Diagnostic {
  return diagnostic('E_NO_SYSTEMD', 'refusing to move data of a service that no systemd runs', {
    at: atService(service),
    detail:
      'want /run/systemd/system on the live host, found none: the service could be neither stopped nor started',
    hint: 'stop it, copy its data by yourself, then: sudo jts-hot config SERVICE --install',
  });
}

export function noUnit(service: string): Diagnostic {
  return diagnostic('E_NO_UNIT', 'refusing to move data of a service without a unit', {
    at: atService(service),
    detail: 'want a unit of systemd that runs it, found none that is known here',
    hint: 'run it by a unit of systemd first: its unit stops and starts it',
  });
}

export function notRunning(service: string, unit: string): Diagnostic {
  return diagnostic('E_NOT_RUNNING', 'refusing to move data that no running service has open', {
    at: atService(service),
    detail: [
      `want a process in ${unit} that has its data open`,
      'found none: whose data it is cannot be seen',
    ],
    fix: `sudo systemctl start ${shellWord(unit)}`,
  });
}

export function unseen(service: string, unit: string): Diagnostic {
  return diagnostic('E_UNSEEN', 'cannot see where a running service keeps its data', {
    at: atService(service),
    detail: `found a process in ${unit} with nothing open that says it`,
    hint: 'it may be starting: look again in a moment',
  });
}

export function severalPlaces(service: string, places: readonly string[]): Diagnostic {
  return diagnostic('E_SEVERAL_PLACES', 'refusing to move a service that has its data in several places', {
    at: atService(service),
    detail: ['want one directory, found:', ...places],
    hint: 'bring it into one directory first, by its own means',
  });
}

export function notItsPlace(
  service: string,
  { from, places }: { readonly from: string; readonly places: readonly string[] },
): Diagnostic {
  const [only] = places;
  return diagnostic(
    'E_NOT_ITS_DATA',
    'refusing to move a directory that is not where the service has its data',
    {
      at: `directory ${from}`,
      detail: `want the directory that ${service} has open, found that to be ${places.join(', ')}`,
      fix: places.length === 1 && only !== undefined ? moveFrom(service, only) : null,
    },
  );
}

export function onTier(service: string, place: string): Diagnostic {
  return diagnostic('E_ON_TIER', 'refusing to move data that is where the layout wants it', {
    at: atService(service),
    detail: `found it running with its data in ${place}: there is nothing to move`,
    hint: 'see how it stands: sudo jts-hot config --check',
  });
}

export function notPlain(path: string, found: string): Diagnostic {
  return diagnostic('E_OLD_PLACE', 'refusing to move what is not a plain directory', {
    at: `directory ${path}`,
    detail: `want a directory, through no link; found ${found}`,
    hint: 'give the directory that the link leads to (readlink -f)',
  });
}

export function nested(from: string, to: string): Diagnostic {
  return diagnostic('E_NESTED', 'refusing to move a directory into itself', {
    at: `directory ${from}`,
    detail: `want two directories beside each other, found ${to} for the new place`,
    hint: 'choose another base or path in the layout',
  });
}

export function notEmpty(to: string, names: readonly string[]): Diagnostic {
  return diagnostic('E_TARGET_NOT_EMPTY', 'refusing to move data to where something is', {
    at: `directory ${to}`,
    detail: [
      'want nothing in it but empty directories of the layout',
      `found ${names.slice(0, 5).join(', ')}`,
    ],
    hint: 'see whose that is; where it is not needed, move it away, then run the same command again',
  });
}

export function noRoom(of: {
  readonly to: string;
  readonly wantedBytes: number;
  readonly keptBytes: number;
  readonly foundBytes: number;
}): Diagnostic {
  return diagnostic('E_NO_ROOM', 'refusing to move data to a disk without room for it', {
    at: `directory ${of.to}`,
    detail: [
      `want ${formatBytes(of.wantedBytes + of.keptBytes)}: ${formatBytes(of.wantedBytes)} to be copied, and ${formatBytes(of.keptBytes)} that stay free`,
      `found ${formatBytes(of.foundBytes)} available`,
    ],
    hint: 'see what takes the space: sudo jts-hot usage',
  });
}

export function noInodes(of: {
  readonly to: string;
  readonly wanted: number;
  readonly found: number;
}): Diagnostic {
  return diagnostic('E_NO_INODES', 'refusing to move data to a disk without inodes for it', {
    at: `directory ${of.to}`,
    detail: `want ${formatCount(of.wanted)} inodes, found ${formatCount(of.found)} free`,
    hint: 'a file system has as many as it was made with: make one with more, or use XFS',
  });
}

export function unreadable(
  from: string,
  { path, error }: { readonly path: string; readonly error: string },
): Diagnostic {
  return diagnostic('E_UNREADABLE', 'refusing to move what cannot be read', {
    at: `directory ${from}`,
    detail: `found ${path}: ${error}`,
    hint: 'see what the disk says: sudo dmesg | tail',
  });
}

export function mountedIn(from: string, paths: readonly string[]): Diagnostic {
  return diagnostic('E_MOUNTED_IN', 'refusing to move a directory that something else is mounted in', {
    at: `directory ${from}`,
    detail: ['want one file system, found mounted in it:', ...paths],
    hint: 'what is mounted there does not go along: move it by itself, or unmount it',
  });
}

export function ownMount(from: string): Diagnostic {
  return diagnostic('E_MOUNTED_IN', 'refusing to move a directory that something else is mounted in', {
    at: `directory ${from}`,
    detail: 'want a directory, found a file system of its own mounted just there',
    hint: 'have that mounted at the new place, in /etc/fstab: nothing needs to be copied',
  });
}

export function writtenBy(
  from: string,
  { path, by }: { readonly path: string; readonly by: { readonly command: string; readonly pid: number } },
): Diagnostic {
  return diagnostic('E_IN_USE', 'refusing to move or delete what a process has open', {
    at: `directory ${from}`,
    detail: `want nobody to write there, found ${path} open for writing by ${by.command} (pid ${by.pid})`,
    hint: 'end that process, then run the same command again',
  });
}

export function linksInto(
  from: string,
  links: readonly { readonly path: string; readonly to: string }[],
): Diagnostic {
  return diagnostic('E_LINKS_INTO', 'refusing to move data that refers to its old place', {
    at: `directory ${from}`,
    detail: [
      'want no symbolic link in it that leads back into it by its whole path, found:',
      ...links.slice(0, 5).map(({ path, to }) => `${path} -> ${to}`),
      ...(links.length > 5 ? [`and ${links.length - 5} more`] : []),
    ],
    hint: 'make them relative: after the move they would lead to the old place',
  });
}

export function linksOut(
  from: string,
  links: readonly { readonly path: string; readonly to: string }[],
): Diagnostic {
  return diagnostic('W_LINKS_OUT', 'cannot move what symbolic links lead to', {
    at: `directory ${from}`,
    detail: [
      'these stay links to where they lead; what is there stays there:',
      ...links.slice(0, 5).map(({ path, to }) => `${path} -> ${to}`),
      ...(links.length > 5 ? [`and ${links.length - 5} more`] : []),
    ],
  });
}

export function anotherFrom(
  service: string,
  { from, asked }: { readonly from: string; readonly asked: string },
): Diagnostic {
  return diagnostic('E_MOVE_OPEN', 'refusing to begin a move beside one that is not finished', {
    at: atService(service),
    detail: `want ${from}, from which it is being moved; found ${asked}`,
    hint: `go on with it: ${moveFrom(service, from)}; or give it up: sudo jts-hot move ${service} --cancel`,
  });
}
