// Owns the closed list of things this product can do to a host. Operations are data: a plan saves them, the journal
// records them, a preview prints them. What there is to say of one stands in its entry; host/performers.ts performs it.
import type * as zod from 'zod';
import type { Document } from '../document/words.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Entry } from './entry.ts';
import type { HostReader } from './host-reader.ts';
import { setAccessTimes } from './operations/access-times.ts';
import { changeFlags, changeLists, changeMode, changeOwner } from './operations/attributes.ts';
import { makeDirectory, removeDirectory } from './operations/directory.ts';
import { eraseDisk, restoreDisk, saveDisk } from './operations/disk.ts';
import { removeFile, writeFile } from './operations/file.ts';
import { eraseFileSystem, growFileSystem, makeFileSystem } from './operations/file-system.ts';
import { createGroup, deleteGroup } from './operations/group.ts';
import { setKernelValue } from './operations/kernel-value.ts';
import { setFileContexts, setLabels } from './operations/labels.ts';
import { switchLink } from './operations/link.ts';
import { mountFileSystem, unmountFileSystem } from './operations/mount.ts';
import {
  closeMountPoint,
  makeMountPoint,
  openMountPoint,
  removeMountPoint,
} from './operations/mount-point.ts';
import type { Effect, Fields, Known, OperationEntry, Sign } from './operations/operation-entry.ts';
import { createPhysicalVolume, removePhysicalVolume } from './operations/physical-volume.ts';
import { prepareData } from './operations/prepare-data.ts';
import { installProgram, removeProgram } from './operations/program.ts';
import { setProject, setProjectLimits } from './operations/project.ts';
import { setReadAhead } from './operations/read-ahead.ts';
import { renameDirectory } from './operations/rename-directory.ts';
import { setScheduler } from './operations/scheduler.ts';
import { emptyTrash, moveToTrash, takeFromTrash } from './operations/trash.ts';
import { disableUnit, enableUnit, startUnit, stopUnit } from './operations/unit.ts';
import { createUser, deleteUser, lockUser } from './operations/user.ts';
import {
  activateVolume,
  createVolume,
  deactivateVolume,
  growVolume,
  removeVolume,
} from './operations/volume.ts';
import { createVolumeGroup, removeVolumeGroup } from './operations/volume-group.ts';
import type { Words } from './operations/words.ts';

const table = {
  createGroup,
  deleteGroup,
  createUser,
  deleteUser,
  lockUser,
  makeDirectory,
  removeDirectory,
  changeOwner,
  changeMode,
  changeFlags,
  changeLists,
  writeFile,
  removeFile,
  enableUnit,
  disableUnit,
  startUnit,
  stopUnit,
  installProgram,
  removeProgram,
  switchLink,
  prepareData,
  setAccessTimes,
  setScheduler,
  setKernelValue,
  setReadAhead,
  moveToTrash,
  takeFromTrash,
  emptyTrash,
  renameDirectory,
  saveDisk,
  eraseDisk,
  restoreDisk,
  createPhysicalVolume,
  removePhysicalVolume,
  createVolumeGroup,
  removeVolumeGroup,
  createVolume,
  removeVolume,
  growVolume,
  activateVolume,
  deactivateVolume,
  makeMountPoint,
  removeMountPoint,
  closeMountPoint,
  openMountPoint,
  mountFileSystem,
  unmountFileSystem,
  makeFileSystem,
  eraseFileSystem,
  growFileSystem,
  setProject,
  setProjectLimits,
  setFileContexts,
  setLabels,
} as const;

type Table = typeof table;
export type OperationType = keyof Table;
type FieldsOf<T extends OperationType> = ReturnType<Table[T]['fields']>;
export type OperationOf<T extends OperationType> = {
  [One in T]: Document<zod.ZodObject<{ type: zod.ZodLiteral<One> } & FieldsOf<One>>>;
}[T];
export type Operation = OperationOf<OperationType>;

/** Those whose entry says `isLong`. */
export type LongOperation = OperationOf<'setProject' | 'setLabels'>;

/** How a host does each of them: one function an operation, so that the compiler names what is missing. */
export type Performers = { readonly [T in OperationType]: (operation: OperationOf<T>) => void };

export function performBy(performers: Performers, operation: Operation): void {
  (performers[operation.type] as (operation: Operation) => void)(operation);
}

/** Throws a Problem where a record names an operation that this program does not have. */
export function entryOf({ type }: { readonly type: OperationType }): OperationEntry<Fields, Operation> {
  if (!Object.hasOwn(table, type))
    throw new Problem(EXIT.failed, [
      diagnostic('E_OPERATION_UNKNOWN', 'cannot act on a step that this program does not know', {
        detail: `want one of ${Object.keys(table).join(', ')}; found ${JSON.stringify(type)}`,
        hint: 'a newer jts-hot recorded it: run the same command with that one',
      }),
    ]);
  return table[type] as unknown as OperationEntry<Fields, Operation>;
}

/** One line, as previews, progress and rollback show it. */
export function describeOperation(operation: Operation): string {
  return entryOf(operation).describe(operation);
}

/** Has it taken effect? `seen` is what was just found at its path, if that was looked at already. */
export function effectOf(operation: Operation, host: HostReader, seen?: Entry): Effect {
  return entryOf(operation).effect(operation, host, seen);
}

export function signOf(operation: Operation): Sign {
  return entryOf(operation).sign(operation);
}

/** Of one that was just done: by what its undo knows it again. */
export function knownBy(operation: Operation, host: HostReader, seen?: Entry): Known {
  return entryOf(operation).known?.(operation, host, seen) ?? {};
}

/** It may take minutes: `Host.performLong` tells how far it is. */
export function isLong(operation: Operation): operation is LongOperation {
  return entryOf(operation).isLong === true;
}

/** An undo with what was learnt when `did` was done. */
export function knownAgain(undo: Operation, known: Known, did: Operation): Operation {
  return entryOf(undo).again?.(undo, known, did) ?? undo;
}

/** Nothing takes it back, and something is lost: the plan names it, and it needs the flag that its kind names. */
export function isIrreversible(step: { readonly do: Operation; readonly undo: Operation | null }): boolean {
  return step.undo === null && entryOf(step.do).undo !== 'needless';
}

/** What the schemas of plans and journals say of operations. `words` are of one zod, and made once. */
export function operationSchema(words: Words) {
  const { z } = words;
  const shape = <T extends OperationType>(type: T) =>
    z.strictObject({
      type: z.literal(type).meta({ description: table[type].does }),
      ...(table[type].fields(words) as FieldsOf<T>),
    });
  const shapes = Object.keys(table).map((type) => shape(type as OperationType));
  return z
    .discriminatedUnion('type', shapes as never)
    .meta({ id: 'operation', description: 'One thing done to a host' }) as unknown as zod.ZodType<Operation>;
}
