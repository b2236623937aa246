// Owns having a service rotate its logs by settings of its own: those of its layout that do so, and no others, where it reads
// them. Reads only.
import { lookAt } from '../configure/check.ts';
import { filesFor, textsOf } from '../configure/install-plan.ts';
import { withTexts } from '../configure/overlay.ts';
import { targetOf } from '../configure/target.ts';
import type { Layout } from '../layout/layout.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { Told } from '../services/question.ts';
import { isOurs, XML_COMMENT } from '../values/signed.ts';
import { type Rotated, rotationBySettings } from './rotation.ts';
import type { Ways } from './way.ts';

export async function filesForSettings(
  layout: Layout,
  host: HostReader,
  {
    rotated,
    keys,
    isReady,
  }: {
    readonly rotated: Rotated;
    readonly keys: readonly (readonly string[])[];
    /** It will do as it should with these; left out: it then rotates by itself. */
    readonly isReady?: (told: Told) => boolean;
  },
): Promise<Ways> {
  const { service, file, unit } = rotated;
  const target = await targetOf(layout, service, host, file).catch(orProblem);
  if (target instanceof Problem) return { left: target.diagnostics[0] ?? unable(rotated, keys) };
  if ('missing' in target) return { left: target.missing };
  if ('refusal' in target) return { left: target.refusal };
  const wanted = keys.map((key) => key.join('.'));
  const items = target.items.filter(({ key, isHint }) => !isHint && wanted.includes(key.join('.')));
  const { into } = target.facet;
  // What `config --install` wrote has all of them, and more.
  if (into.as === 'drop-in' && isThereAlready(host, into.path(target.file)))
    return { left: unable(rotated, keys) };
  const few = { ...target, items, unit: null };
  const files = filesFor(layout, host, few, `has ${service.name} rotate its logs`);
  const broken = await afterwards(layout, host, { rotated, texts: textsOf(host, [files]) });
  const isFine = isReady === undefined ? broken.rotation !== null : isReady(broken.told);
  if (!isFine) return { left: unable(rotated, keys) };
  return {
    files,
    about: { rotation: broken.rotation, restart: unit?.name ?? null, notes: [] },
  };
}

function isThereAlready(host: HostReader, path: string): boolean {
  const text = host.entry(path).type === 'file' ? host.text(path) : null;
  return text !== null && (isOurs(text) || isOurs(text, XML_COMMENT));
}

/** As the service would read it then. */
async function afterwards(
  layout: Layout,
  host: HostReader,
  { rotated, texts }: { readonly rotated: Rotated; readonly texts: ReadonlyMap<string, string> },
) {
  const then = withTexts(host, texts);
  const looked = await lookAt(layout, then, { what: rotated.service.name, isRightDisk: true });
  const { told, toldAt } = looked[0] ?? rotated;
  return { told, rotation: rotationBySettings({ ...rotated, told, toldAt }) };
}

function unable({ service: { name: service }, told, toldAt }: Rotated, keys: readonly (readonly string[])[]) {
  const found = keys.flatMap((key) => {
    const at = toldAt(...key);
    return at === null ? [] : [`found ${key.join('.')} ${String(told(...key))} (${at})`];
  });
  return diagnostic('E_LOG_SETTINGS', 'cannot have a service rotate its logs by these settings alone', {
    at: `service ${service}`,
    detail: ['want them as the layout has them', ...(found.length === 0 ? ['found none of them'] : found)],
    hint: `take out what says otherwise; or have it read all of them: sudo jts-hot config ${service} --install`,
  });
}

function orProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
