// Owns asking a person at a terminal for the serial number of the disk that is about to be formatted, after showing what is done. Must
// not agree for anybody: what was typed is handed over as if it had been given with --confirm.
import type { Context } from '../command/context.ts';
import { stepLines } from '../command/steps-text.ts';
import { type Paint, plain, plural } from '../messages/paint.ts';
import type { Consents } from '../storage/consents.ts';
import { storageCommand } from '../storage/storage.ts';
import { diskOn } from '../storage/storage-wanted.ts';
import { formatBytes } from '../values/size.ts';

export interface Asking {
  /** What is typed to do it: `setup`, or `storage --apply`, without the consents. */
  readonly command: string;
  readonly paint: Paint;
  readonly show: (text: string) => void;
  /** A line that was typed; null: the end of the input. */
  readonly ask: (question: string) => Promise<string | null>;
}

/** The consents as they were given, or with the disk that was named now. Asks only where nothing but that is in the way. */
export async function agreeToFormat(
  context: Context,
  given: Consents,
  { command, paint, show, ask }: Asking,
): Promise<Consents> {
  const { host, layout } = context;
  if (given.confirmed !== null || layout.storage === undefined || host.root !== '/') return given;
  if (host.surroundings().effectiveUid !== 0) return given;
  const look = (consents: Consents) =>
    storageCommand(context, { ...consents, act: 'apply', isDry: true, command });
  const { problems } = await look(given);
  if (problems.length !== 1 || problems[0]?.code !== 'E_NOT_CONFIRMED') return given;
  const disk = diskOn(context);
  if (disk === null) return given;
  const { serial } = disk.planned;
  const agreed = { ...given, confirmed: serial };
  const { result, problems: others } = await look(agreed);
  if (result === null || others.length > 0) return given;
  const { model, sizeBytes, name } = disk.device;
  const called = [name, model, formatBytes(sizeBytes)].filter((one) => one !== null).join(', ');
  const first = `${plural(result.steps.length, 'step')}. Disk ${serial} is formatted (${called}).`;
  show([...stepLines(result.steps, paint), '', plain(first)].join('\n'));
  const typed = await ask('To go on, type the serial number of that disk: ');
  return typed?.trim() === serial ? agreed : given;
}
