// Owns how `setup --rehearse` calls this program a second time, on a stage, and which of the two calls this one is.
import type { FlagsOf } from '../catalogue/commands.ts';
import type { Context } from '../command/context.ts';
import { type Loaded, loadLayout } from '../command/load.ts';
import type { Paint } from '../messages/paint.ts';
import { type Shown, shown } from './handler.ts';
import { tellLine, WORDS } from './session.ts';

let isOnStage = false;

/** The layout; on a stage with the stage's own disk. */
export async function loadRehearsed(flags: FlagsOf<'setup'>): Promise<Loaded> {
  const loaded = await loadLayout(flags);
  const { STAGE_VARIABLE, onRehearsedDisk } = await import('../setup/rehearse.ts');
  const { onStage } = await import('../host/rehearsal/rehearsed-disk.ts');
  const stage = onStage(process.env[STAGE_VARIABLE]);
  if (stage === null) return loaded;
  isOnStage = true;
  const { hasVolumes } = await import('../host/rehearsal/run-stage.ts');
  return { ...loaded, layout: onRehearsedDisk(loaded.layout, stage, hasVolumes()) };
}

export async function rehearse({
  context,
  adopt,
  paint,
}: {
  readonly context: Context;
  readonly adopt: readonly string[];
  readonly paint: Paint;
}): Promise<Shown> {
  const { rehearseCommand, TELLS } = await import('../setup/rehearse.ts');
  const { renderRehearsal } = await import('../setup/rehearsal-text.ts');
  if (isOnStage) {
    const { playParts } = await import('../setup/rehearsed-parts.ts');
    const answer = await playParts(context, adopt, (part) => tellLine(`${TELLS}${part}`));
    return shown(answer, (result) => renderRehearsal(result, paint));
  }
  const words = WORDS.filter((word) => word !== '-j' && word !== '--json');
  const answer = await rehearseCommand(context, {
    argv: [process.execPath, process.argv[1] ?? '', ...words, '--json'],
    environment: process.env,
    cwd: process.cwd(),
  });
  return shown(answer, (result) => renderRehearsal(result, paint));
}
