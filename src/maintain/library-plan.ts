// Owns having a library rotate what it writes for a service: a file of ours laid over the one that it reads, which its unit
// names, or lines of that file. Reads only.
import { edited, type Files, textsOf } from '../configure/install-plan.ts';
import { withTexts } from '../configure/overlay.ts';
import { parentOf } from '../configure/paths.ts';
import { targetOf } from '../configure/target.ts';
import { type ReadUnit, readUnit, wordsIn } from '../configure/unit-settings.ts';
import { loadFormat } from '../formats/index.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import type { FileWant } from '../resources/file.ts';
import type { ByLibrary, LibraryFile } from '../services/logs.ts';
import { isOurs, sign } from '../values/signed.ts';
import { unitWord } from '../values/unit-word.ts';
import { type ReadLibraryFile, type ToldLibrary, toldLibrary } from './library.ts';
import { BY_LOGS } from './logrotate-text.ts';

import { ofAppenders, type Rotated } from './rotation.ts';
import type { Ways } from './way.ts';

interface Of {
  readonly rotated: Rotated;
  readonly by: ByLibrary;
}

export async function filesForLibrary(layout: Layout, host: HostReader, { rotated, by }: Of): Promise<Ways> {
  const { service, library, file, unit } = rotated;
  const at = `service ${service.name}`;
  const base = library?.files.find(({ kind }) => kind?.ours != null);
  if (library === null || base === undefined) return { left: noFile(at, by, library?.files ?? []) };
  if (base.broken !== null)
    return {
      left: diagnostic('E_LOGS_UNREAD', 'cannot read what rotates the logs of a service', {
        at: base.path,
        detail: base.broken,
        hint: 'mend that file, then run the same command again',
      }),
    };
  const { kind, found, path } = base;
  const ours = kind?.ours ?? null;
  if (ours === null) return 'already';
  const isAll = kind?.rotates(found).every(({ rotates }) => rotates?.mostBytes != null) === true;
  if (isAll) return 'already';
  const target = await targetOf(layout, service, host, file);
  const wayOf = 'missing' in target || 'refusal' in target ? null : target.wayOf;
  const purpose = `rotates the logs of ${service.name}`;
  const format = await loadFormat(ours.as === 'file' ? ours.format : (kind?.format ?? 'properties'));
  if (ours.as === 'edit') {
    const changes = ours.changes(found);
    const files: Files = {
      whole: [],
      edited: [
        {
          path,
          service: service.name,
          edit: (text) => edited({ format, file: path }, text, { changes }),
          made: null,
          wayOf,
          purpose,
        },
      ],
    };
    const { rotation } = await afterwards(host, { rotated, by, files });
    return { files, about: { rotation, notes: [], ...restartOf(rotated) } };
  }
  const own = `${parentOf(path)}/${ours.name}`;
  const value = ours.value(path, own);
  if (/\s/.test(value))
    return {
      left: diagnostic('E_NOT_CARRIED', 'refusing to write a value that would be read as another one', {
        at,
        detail: `${JSON.stringify(value)} has a blank, which parts words of ${by.variable}`,
        hint: 'have the file in a place without blanks',
      }),
    };
  const items = ours.settings(found).map((setting) => ({ ...setting, comment: null, isHint: false }));
  const want: FileWant = {
    path: own,
    text: sign(format.render(items), BY_LOGS),
    unit: null,
    purpose,
    isOurs,
    ...(wayOf === null ? {} : { wayOf }),
  };
  const variable = [...othersIn(host, unit, by), value].join(' ');
  const files: Files = {
    whole: [want, ...(unit === null ? [] : [dropIn(unit, `${by.variable}=${variable}`, purpose)])],
    edited: [],
  };
  const after = await afterwards(host, { rotated, by, files });
  if (unit !== null && after.rotation?.mostBytes == null)
    return {
      left: diagnostic('E_OVERRULED', 'cannot have a setting that something else overrules', {
        at: after.namedAt ?? at,
        detail: `want ${by.variable} with ${own}`,
        hint: 'take that line out: it is read after ours',
      }),
    };
  const byHand = `no unit was found: start it with ${by.variable}='${variable}' in its environment`;
  return {
    files,
    about: { rotation: after.rotation, notes: unit === null ? [byHand] : [], ...restartOf(rotated) },
  };
}

function restartOf({ unit }: Rotated) {
  return { restart: unit?.name ?? null };
}

function noFile(at: string, { beside }: ByLibrary, files: readonly ReadLibraryFile[]): Diagnostic {
  const [first] = files;
  return diagnostic('E_NO_LOG_FILE', 'cannot find what writes the logs of a service', {
    at: first?.path ?? at,
    detail: [
      `want one of ${beside.map(({ name }) => name).join(', ')}`,
      `found ${first === undefined ? 'none' : 'one that nothing can be laid over'}`,
    ],
    hint: 'give it limits by hand: a size, and how many old ones are kept',
  });
}

function dropInPath(unit: ReadUnit): string {
  return `${UNIT_DIRECTORY}/${unit.name}.d/jts-hot-logs.conf`;
}

function dropIn(unit: ReadUnit, variable: string, purpose: string): FileWant {
  const text = ['[Service]', `Environment=${unitWord(variable)}`, ''].join('\n');
  return { path: dropInPath(unit), text: sign(text, BY_LOGS), unit: unit.name, purpose, isOurs };
}

/** What somebody else has put into the variable beside the names of files. */
function othersIn(host: HostReader, unit: ReadUnit | null, by: ByLibrary): readonly string[] {
  if (unit === null) return [];
  const ours = dropInPath(unit);
  const whole = readUnit(host, [unit.name]);
  const values = (whole?.settings ?? []).flatMap(({ name, value, at }) =>
    name !== 'Environment' || at.startsWith(`${ours}:`)
      ? []
      : wordsIn(value).filter((one) => one.startsWith(`${by.variable}=`)),
  );
  const last = values.at(-1)?.slice(by.variable.length + 1) ?? '';
  return last.split(/\s+/).filter((one) => one !== '' && by.named([one]) === null);
}

/** As the library would read it at the next start. */
async function afterwards(
  host: HostReader,
  { rotated, by, files }: Of & { readonly files: Files },
): Promise<{
  readonly rotation: ReturnType<typeof ofAppenders>;
  readonly namedAt: ToldLibrary['namedAt'];
}> {
  const then = withTexts(host, textsOf(host, [files]));
  const unit = rotated.unit === null ? null : readUnit(then, [rotated.unit.name]);
  const [ours] = files.whole;
  // Without a unit it is told by hand.
  const byHand = unit === null && ours !== undefined;
  const library = await toldLibrary(then, by, {
    words: byHand ? [{ words: wordsByHand(rotated, ours.path), at: 'by hand' }] : [],
    unit,
    main: rotated.file ?? '',
  });
  return { rotation: ofAppenders(library.appenders), namedAt: library.namedAt };
}

function wordsByHand({ library }: Rotated, ours: string): readonly string[] {
  const base = library?.files.find(({ kind }) => kind?.ours != null);
  const how: LibraryFile['ours'] = base?.kind?.ours ?? null;
  return how?.as === 'file' && base !== undefined ? [how.value(base.path, ours)] : [];
}
