// How a cluster of PostgreSQL that somebody used is told from a new one.
import { bytesOfText } from '../../values/content.ts';
import type { PresentData } from '../configuration.ts';

/** Versions of its layout that we know: those of PostgreSQL 12 to 18 (pg_control.h). */
const KNOWN_LAYOUTS = [1201, 1300, 1700, 1800];
const LAYOUT_AT = 8;
/** `checkPointCopy.nextOid`. */
const NEXT_NUMBER_AT = 72;
/** What users make, also databases and roles, has a number from here on (access/transam.h). */
const FIRST_OF_USERS = 16_384;

export const present: PresentData = {
  isData(place) {
    if (!place.names('').includes('PG_VERSION')) return false;
    // What was made since the last checkpoint has files already.
    const databases = place.names('base');
    if (databases.some(isOfUsers)) return true;
    if (databases.some((number) => place.names(`base/${number}`).some(isOfUsers))) return true;
    const control = place.text('global/pg_control');
    if (control === null) return true;
    const bytes = bytesOfText(control);
    if (bytes.length < NEXT_NUMBER_AT + 4 || !KNOWN_LAYOUTS.includes(bytes.readUInt32LE(LAYOUT_AT)))
      return true;
    return bytes.readUInt32LE(NEXT_NUMBER_AT) >= FIRST_OF_USERS;
  },
};

/** `16384`, `16384.1`, `16384_vm`. */
function isOfUsers(name: string): boolean {
  return /^\d+([._]|$)/.test(name) && Number.parseInt(name, 10) >= FIRST_OF_USERS;
}
