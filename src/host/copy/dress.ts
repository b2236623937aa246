// Owns how a copy gets what its source has beside content: owner, attributes, mode, and, last of all, times. Knows no content.
import { copyAttributes, createWay } from './attributes.ts';
import { allocate, errno, named, setMode, setOwner, setTimes } from './calls.ts';
import { WriteFailure } from './report.ts';
import { FORMAT, type Status } from './status.ts';

export interface Dresser {
  /** Of what is open. `was`: as the copy was before, null: it is new. `isPlain`: it has no attributes yet. */
  readonly opened: (
    from: number,
    to: number,
    how: { readonly is: Status; readonly was: Status | null; readonly isPlain: boolean },
  ) => void;
  /** Of a link or a pipe: a name in two directories. */
  readonly named: (
    from: number,
    to: number,
    what: { readonly is: Status; readonly names: Buffer; readonly at: number; readonly name: number },
  ) => void;
}

/** `refused`: an attribute that the copy's file system does not take. */
export function createDresser(refused: (attribute: string) => void): Dresser {
  const times = allocate(32);
  const fromWay = createWay();
  const toWay = createWay();
  return {
    opened(from, to, { is, was, isPlain }) {
      // In this order: a change of owner takes bits of the mode and a capability away, and an access list is part of the mode.
      if (was === null ? !isPlain || is.uid() !== 0 || is.gid() !== 0 : !is.sameOwner(was))
        done('fchown', setOwner(to, is.uid(), is.gid()));
      for (const attribute of copyAttributes({ fd: from }, { fd: to }, isPlain)) refused(attribute);
      done('fchmod', setMode(to, is.mode()));
      is.times(times);
      done('futimens', setTimes(to, times));
    },
    named(from, to, { is, names, at, name }) {
      done('fchownat', named.setOwner(to, name, is.uid(), is.gid()));
      for (const attribute of copyAttributes(fromWay(from, names, at), toWay(to, names, at), false))
        refused(attribute);
      if (is.format() !== FORMAT.link) done('fchmodat', named.setMode(to, name, is.mode()));
      is.times(times);
      done('utimensat', named.setTimes(to, name, times));
    },
  };
}

function done(call: string, result: number): void {
  if (result < 0) throw new WriteFailure(call, errno());
}
