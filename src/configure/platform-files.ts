// Owns the files that tell the trading platform where its services are: variables of the environment, and jts-config.yaml. Reads
// only.
import { loadFormat } from '../formats/index.ts';
import type { Layout } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { isOurs, sign } from '../values/signed.ts';
import { resolved } from './find.ts';
import { edited, type InstallPlan, planFiles, ROOTS } from './install-plan.ts';
import { type EnvironmentFormat, platforms, renderEnvironment } from './render.ts';

const BY = { writer: 'jts-hot config env', removal: 'jts-hot rollback' };

export interface PlatformOptions {
  readonly what: 'env' | 'jts';
  readonly to: string | null;
  readonly environment: EnvironmentFormat;
  readonly replace: boolean;
}

export async function planPlatform(
  layout: Layout,
  host: HostReader,
  { what, to, environment, replace }: PlatformOptions,
): Promise<InstallPlan> {
  const purpose = 'tells the trading platform where its services are';
  if (what === 'env') {
    const { text, file } = await renderEnvironment(layout, host, environment);
    if (to === null && !file.startsWith('/')) throw noUsualPlace('env');
    const path = placeOf(host, to ?? file);
    const one = { path, text: sign(text, BY), unit: null, purpose, isOurs: (found: string) => isOurs(found) };
    return planFiles(host, [{ whole: [one], edited: [] }], replace);
  }
  if (to === null) throw noUsualPlace('jts');
  const format = await loadFormat('yaml');
  const changes = platforms(layout, host).flatMap(({ settings }) => settings);
  const path = placeOf(host, to);
  const edit = (text: string | null) => edited({ format, file: path }, text, { changes });
  const one = { path, service: null, edit, made: ROOTS, wayOf: null, purpose };
  return planFiles(host, [{ whole: [], edited: [one] }], replace);
}

/** Without links; as it was given where nothing is there yet. */
function placeOf(host: HostReader, path: string): string {
  return resolved(host, path)[0] ?? path;
}

function noUsualPlace(what: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot tell where a file is to be', {
      at: '--to',
      detail: 'want the file that the platform reads, found no --to',
      hint: `name it: sudo jts-hot config ${what} --install --to /etc/jts/jts-config.yaml`,
    }),
  ]);
}
