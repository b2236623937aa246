// `jts-hot backup list`: which backups there are, which of them were proved by a restore, and what lies beside them. Changes nothing.
import type { Answer, Context } from '../command/context.ts';
import { type Diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { ListResult } from './backup-document.ts';
import { type KeptBackup, keptBackups } from './kept-backups.ts';
import { servicesKept } from './parts.ts';
import { openStore } from './places.ts';

export async function listCommand(
  context: Context,
  { service }: { readonly service: string | null },
): Promise<Answer<ListResult>> {
  const { store } = openStore(context);
  try {
    const problems: Diagnostic[] = [];
    const backups = servicesKept(context, store, service).flatMap((name) => {
      try {
        return keptBackups(store, name).map(listed);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        problems.push(...error.diagnostics);
        return [];
      }
    });
    return {
      exitCode: problems.length > 0 ? EXIT.failed : EXIT.ok,
      problems,
      result: {
        did: 'list',
        root: context.host.root,
        base: context.layout.base,
        service: service === 'all' ? null : service,
        backups,
        bytes: backups.reduce((sum, one) => sum + (one.bytes ?? 0), 0),
        leftovers: store.leftovers(),
        others: store.others(),
      },
    };
  } finally {
    store.close();
  }
}

function listed({
  service,
  name,
  at,
  manifest,
  damaged,
  verification,
}: KeptBackup): ListResult['backups'][number] {
  const parent = manifest?.taken.parent ?? null;
  return {
    service,
    name,
    at: new Date(at).toISOString(),
    bytes: manifest?.bytes ?? null,
    sourceBytes: manifest?.sourceBytes ?? null,
    seconds: manifest === null ? null : (Date.parse(manifest.ended) - Date.parse(manifest.begun)) / 1000,
    kind: manifest === null ? null : parent === null ? 'whole' : 'increment',
    parent,
    tool: manifest?.taken.tool ?? null,
    isElsewhere: (manifest?.taken.elsewhere ?? null) !== null,
    proof:
      verification === null
        ? null
        : { at: verification.at, isGood: verification.isGood, why: verification.why },
    damaged,
  };
}
