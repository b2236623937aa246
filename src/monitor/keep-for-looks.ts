// Owns what a sample leaves for the looks that follow it: they make no forecast.
import { usesOf } from '../alerts/remember.ts';
import { DISK, type History, OWN_FILE_SYSTEM } from '../history/history.ts';
import type { Measured } from '../space/looks.ts';
import { fullInOf, type Outlook, type Subject } from './watched.ts';

/** What one sample measured. */
export interface SampleTaken {
  readonly at: number;
  readonly fileSystem: { readonly mountPoint: string };
  /** Of services that have one of their own. */
  readonly own: readonly { readonly service: string }[];
  /** By service, of those that the kernel counts. */
  readonly quotas: ReadonlyMap<string, unknown>;
  readonly subjects: readonly Subject[];
}

/** Inside a transaction. */
export function keepForLooks(
  history: History,
  { at, fileSystem, own, quotas, subjects }: SampleTaken,
  outlook: ReadonlyMap<string, Outlook>,
): void {
  const fullIn = (subject: string) => {
    const ahead = outlook.get(subject)?.forecast;
    return ahead === undefined ? null : fullInOf(ahead);
  };
  const disk = subjects.find(({ name }) => name === DISK);
  if (disk === undefined) return;
  const { usedBytes, limitBytes } = usesOf(disk);
  const ofOwn = own.map(({ service }) => [service, fullIn(OWN_FILE_SYSTEM + service)] as const);
  const ofCounted = [...quotas.keys()].map((service) => [service, fullIn(service)] as const);
  const measured: Measured = {
    at,
    mountPoint: fileSystem.mountPoint,
    usedBytes,
    fullInSeconds: fullIn(DISK),
    ...(ofOwn.length === 0 ? {} : { own: Object.fromEntries(ofOwn) }),
    ...(ofCounted.length === 0 ? {} : { counted: Object.fromEntries(ofCounted) }),
  };
  history.addLook({ at, usedBytes, limitBytes });
  history.setLookMemory({ ...history.lookMemory(), measured });
}
