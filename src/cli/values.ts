// Owns how the words of a command line become values: what each type of value takes, and what is said when it does not.
import { InvalidArgumentError } from 'commander';
import type { ValueType } from '../catalogue/entry.ts';
import { parseDuration } from '../values/duration.ts';
import { parseSize } from '../values/size.ts';

type Read = (value: string) => string | number;

/** Throws an InvalidArgumentError. Text that the command itself judges is taken as it is. */
export const READ: Readonly<Record<ValueType, Read>> = {
  address: asIs,
  count,
  directory: asIs,
  file: asIs,
  name: asIs,
  percent,
  run: runNumber,
  seconds,
  service: asIs,
  size,
  span,
};

function asIs(value: string): string {
  return value;
}

function percent(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) > 100)
    throw new InvalidArgumentError('want a number from 0 to 100.');
  return Number(value);
}

function runNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('want the number of a run: see --list.');
  return Number(value);
}

/** A whole number above zero. */
function count(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('want a whole number above zero.');
  return Number(value);
}

/** Bytes. */
function size(value: string): number {
  const parsed = parseSize(value);
  if ('bytes' in parsed) return parsed.bytes;
  throw new InvalidArgumentError(`${parsed.complaint}.`);
}

/** Seconds. */
function span(value: string): number {
  const parsed = parseDuration(value);
  if ('seconds' in parsed) return parsed.seconds;
  throw new InvalidArgumentError(`${parsed.complaint}.`);
}

/** Between two looks. */
function seconds(value: string): number {
  const number = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || number < 1 || number > 3600)
    throw new InvalidArgumentError('want a number of seconds from 1 to 3600.');
  return number;
}
