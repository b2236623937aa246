// Owns the list of all damages, in the order of docs/damages.md.
import { ACCOUNTS } from './accounts.ts';
import type { Family } from './damage.ts';
import { DIRECTORIES } from './directories.ts';
import { DISKS } from './disks.ts';
import { INSIDE } from './inside.ts';
import { KEPT } from './kept.ts';
import { SEVERAL } from './several.ts';

export const FAMILIES: readonly Family[] = [
  ...ACCOUNTS,
  ...DIRECTORIES,
  ...DISKS,
  ...INSIDE,
  ...KEPT,
  ...SEVERAL,
];
