// Where Docker keeps what containers say, and how it rotates that: its manual, "JSON File logging driver".
import type { LogsFacet, Rotates } from '../logs.ts';

export const logs: LogsFacet = {
  // `containers/ID/ID-json.log` of the json-file driver, which nothing rotates unless it is told to.
  amongData: ['containers'],
  isLog: (path) => /-json\.log(\.\d+(\.gz)?)?$/.test(path) || /\/local-logs\/[^/]*$/.test(path),
  rotation: {
    by: 'itself',
    keys: [['log-driver'], ['log-opts', 'max-size'], ['log-opts', 'max-file']],
    rotates: (told) =>
      rotatesBy(
        told('log-driver') ?? 'json-file',
        told('log-opts', 'max-size'),
        told('log-opts', 'max-file'),
      ),
    ofOne: {
      // A container keeps the options that it was made with.
      file: (log) => `${log.slice(0, log.lastIndexOf('/'))}/hostconfig.json`,
      rotates: ofContainer,
      hint: 'make the container anew: options of the log count for those that are made from then on',
    },
    counts: 'from the next start on',
  },
};

function ofContainer(text: string): Rotates | null {
  try {
    const { LogConfig: config } = JSON.parse(text) as {
      LogConfig?: { Type?: unknown; Config?: Readonly<Record<string, unknown>> | null };
    };
    return rotatesBy(config?.Type, config?.Config?.['max-size'], config?.Config?.['max-file']);
  } catch {
    return null;
  }
}

/** Without a number of files it keeps one, and begins that anew. */
function rotatesBy(driver: unknown, size: unknown, files: unknown): Rotates | null {
  // It rotates by itself: 5 of 20 MB unless it is told otherwise.
  if (driver === 'local') return { says: 'by the driver local', mostBytes: 5 * 20 * 2 ** 20, isEach: true };
  const bytes = typeof size === 'string' ? bytesOf(size) : null;
  if (driver !== 'json-file' || bytes === null || bytes <= 0) return null;
  const count = /^\d+$/.test(String(files)) ? Math.max(1, Number(files)) : 1;
  return {
    says: `a new one at ${String(size)}, ${count} of each container kept`,
    mostBytes: bytes * count,
    isEach: true,
  };
}

/** As docker/go-units takes it. */
function bytesOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/i.exec(text.trim()) ?? [];
  return number === undefined ? null : Number(number) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' ');
}
