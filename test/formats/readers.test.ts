// What we read in a file, and what we write, is what the real reader of its language has of it: PostgreSQL, Java, Python, Node.js,
// shells, and systemd's own library. The files are random, edited by us; the seed is fixed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, it } from 'node:test';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import type { Change, FormatName, Item } from '../../src/formats/format.ts';
import { loadFormat } from '../../src/formats/index.ts';
import { decodeName, encodeName } from '../../src/values/file-name.ts';
import { random, seedOf } from '../random.ts';
import { requires } from '../requirement.ts';
import { changesFor, type FlatName, flatFiles, namesFor, segmentsOf, values } from './files.ts';
import { nestedChanges, nestedFiles } from './nested-files.ts';

const { numRuns } = random(150, 20261127);
const seed = seedOf(20261127);
const scratch = mkdtempSync(join(tmpdir(), 'readers-'));
chmodSync(scratch, 0o755);
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Name and value of each setting that counts, sorted. */
type Settings = readonly (readonly [name: string, value: string])[];

async function settingsOf(name: FormatName, text: string): Promise<Settings> {
  const { read } = await loadFormat(name);
  const last = new Map(read(text).map(({ key, value }) => [JSON.stringify(key), JSON.stringify(value)]));
  return [...last].sort();
}

/** Of names and values in one line each, as base64. */
function decoded(lines: readonly (readonly [name: string, value: string])[]): Settings {
  const text = (base64: string) => decodeName(Buffer.from(base64, 'base64'));
  const last = new Map(
    lines.map(([name, value]) => [JSON.stringify([text(name)]), JSON.stringify(text(value))]),
  );
  return [...last].sort();
}

/** Random files with three changes each, and as many written anew. */
async function flatTexts(name: FlatName, isOurs = (_: string) => true): Promise<readonly string[]> {
  const format = await loadFormat(name);
  const names = namesFor(name).filter(isOurs);
  const changes = changesFor(
    names.map((one) => [one]),
    format.refusal,
  );
  const edited = fc
    .tuple(flatFiles(name), fc.array(changes, { maxLength: 3 }))
    .map(([{ pieces, ...file }, all]) => {
      const own = pieces.filter((piece) => piece.name === null || isOurs(piece.name));
      return all.reduce(
        (text, change) => format.edit(text, [change]),
        segmentsOf({ ...file, pieces: own }).join(''),
      );
    });
  const written = fc.array(changes, { maxLength: 8 }).map((all) => format.render(all.flatMap(asItem)));
  return fc.sample(fc.oneof(edited, written), { seed, numRuns });
}

function asItem({ key, value }: Change, index: number): readonly Item[] {
  return value === null
    ? []
    : [{ key, value, comment: index % 3 === 0 ? 'why' : null, isHint: index % 4 === 3 }];
}

/** Each text in a file; their paths. */
function written(name: string, texts: readonly string[]): readonly string[] {
  const directory = join(scratch, name);
  mkdirSync(directory);
  return texts.map((text, index) => {
    const path = join(directory, `${index}`.padStart(4, '0'));
    writeFileSync(path, encodeName(text).subarray(0, -1));
    return path;
  });
}

function output(argv: readonly [string, ...string[]], input = ''): string {
  const [command, ...rest] = argv;
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** What a reader printed of several files: its path, a name and a value in each line. */
function byFile(printed: string): ReadonlyMap<string, Settings> {
  const lines = printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ') as [string, string, string]);
  const groups = Map.groupBy(lines, ([path]) => path);
  return new Map(
    Array.from(groups, ([path, all]) => [path, decoded(all.map(([, name, value]) => [name, value]))]),
  );
}

async function compare(
  name: FormatName,
  texts: readonly string[],
  paths: readonly string[],
  printed: string,
): Promise<void> {
  const found = byFile(printed);
  let compared = 0;
  for (const [index, text] of texts.entries()) {
    const have = found.get(paths[index] ?? '') ?? [];
    assert.deepEqual(await settingsOf(name, text), have, text);
    compared += have.length;
  }
  assert.ok(compared > texts.length, `${compared}`);
}

it('properties are read as Java reads them', async (t) => {
  if (!requires(t, 'Java with its compiler')) return;
  const texts = await flatTexts('properties');
  const paths = written('properties', texts);
  const program = join(scratch, 'Read.java');
  writeFileSync(program, JAVA);
  await compare('properties', texts, paths, output(['java', program, ...paths]));
});

const JAVA = `import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
class Read {
  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
  public static void main(String[] paths) throws IOException {
    for (String path : paths) {
      var all = new Properties();
      try (var file = new FileInputStream(path)) { all.load(file); }
      for (String name : all.stringPropertyNames())
        System.out.println(path + " " + base64(name) + " " + base64(all.getProperty(name)));
    }
  }
}`;

for (const shell of ['sh', 'bash'])
  it(`exported variables are read as ${shell} reads them`, async () => {
    const texts = await flatTexts('export');
    const paths = written(`export-${shell}`, texts);
    const script =
      'for f; do printf "%s " "$f"; env -i "$0" -c \'set -a; . "$1"; exec env -0\' sh "$f" | base64 -w0; echo; done';
    const printed = output([
      'sh',
      '-c',
      script.replace('"$0" -c', shell === 'bash' ? 'bash --norc -c' : 'sh -c'),
      'sh',
      ...paths,
    ]);
    const lines = printed.split('\n').flatMap((line) => {
      const [path = '', all = ''] = line.split(' ');
      const variables = Buffer.from(all, 'base64').toString('latin1').split('\0');
      return variables.flatMap((variable) => {
        const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(variable) ?? [];
        if (['', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)) return [];
        return [`${path} ${btoa(name)} ${btoa(value)}`];
      });
    });
    await compare('export', texts, paths, lines.join('\n'));
  });

it('.env is read as Node.js reads it', async () => {
  for (const text of await flatTexts('dotenv')) {
    const have = Object.entries(parseEnv(text)).map(([name, value]) => [
      JSON.stringify([name]),
      JSON.stringify(value),
    ]);
    assert.deepEqual(await settingsOf('dotenv', text), have.sort(), text);
  }
});

it('an EnvironmentFile is read as systemd reads it', async (t) => {
  if (!requires(t, 'python3', 'library of systemd')) return;
  const texts = await flatTexts('systemd');
  const paths = written('systemd', texts);
  const [library = ''] = globSync('/usr/lib/{,*/}systemd/libsystemd-shared-*.so');
  await compare('systemd', texts, paths, output(['python3', '-c', SYSTEMD, library, ...paths]));
});

/** What `EnvironmentFile=` calls. */
const SYSTEMD = `import base64, ctypes, sys
library = ctypes.CDLL(sys.argv[1])
for path in sys.argv[2:]:
    found = ctypes.POINTER(ctypes.c_char_p)()
    error = library.load_env_file(None, path.encode(), ctypes.byref(found))
    assert error >= 0, (path, error)
    index = 0
    while found and found[index] is not None:
        name, _, value = found[index].partition(b'=')
        print(path, base64.b64encode(name).decode(), base64.b64encode(value).decode())
        index += 1
`;

it('postgresql.conf is read as PostgreSQL reads it, and refused where it refuses it', async (t) => {
  if (!requires(t, 'root', 'PostgreSQL server')) return;
  const bin = dirname(globSync('/usr/lib/postgresql/*/bin/initdb').toSorted().at(-1) ?? '');
  const texts = await flatTexts('postgresql', (name) => !name.startsWith('include'));
  const paths = written('postgresql', texts);
  const { read } = await loadFormat('postgresql');
  const faulty = [
    'a = 1\nb',
    "a = 'x",
    "a = 'x\n'",
    'a = 1.5GB',
    'a = /data',
    'a = 1, 2',
    'a-5',
    'a.b.c = 1',
    '= 1',
    '\ufeff# c',
  ];
  for (const text of faulty) assert.throws(() => read(text), text);
  const faultyPaths = written('faulty-postgresql', faulty);
  const [data, asked] = [join(scratch, 'data'), join(scratch, 'asked.conf')];
  writeFileSync(asked, [...paths, ...faultyPaths].map((path) => `include '${path}'\n`).join(''));
  mkdirSync(data);
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(output(['id', flag, 'nobody']))) as [number, number];
  chownSync(data, uid, gid);
  const asNobody = (argv: readonly string[], input = '') => {
    const [command = '', ...rest] = argv;
    const { status, stderr } = spawnSync(command, rest, { uid, gid, encoding: 'utf8', cwd: data, input });
    assert.equal(status, 0, stderr);
  };
  asNobody([`${bin}/initdb`, '--pgdata', data, '--encoding=SQL_ASCII', '--locale=C', '--no-sync']);
  // With a configuration of its own it starts; then it is asked what it would read of ours.
  asNobody(
    [`${bin}/postgres`, '--single', '-D', data, 'postgres'],
    [
      `copy (select 1) to program 'cp ${asked} ${data}/postgresql.conf'`,
      `copy (select sourcefile, encode(textsend(name), 'hex'), encode(textsend(setting), 'hex'), error from pg_file_settings order by seqno) to '${data}/answer'`,
      '',
    ].join('\n'),
  );
  const rows = readFileSync(join(data, 'answer'), 'utf8')
    .split('\n')
    .map((row) => row.split('\t'));
  const refused = new Set(rows.filter(([, name]) => name === '\\N').map(([path]) => path));
  assert.deepEqual([...refused].sort(), faultyPaths.toSorted());
  const base64 = (hex = '') => Buffer.from(hex, 'hex').toString('base64');
  const lower = (hex = '') =>
    Buffer.from(Buffer.from(hex, 'hex').toString('utf8').toLowerCase()).toString('base64');
  const lines = rows
    .filter(([path = '', name]) => paths.includes(path) && name !== '\\N')
    .map(([path, name, value]) => `${path} ${lower(name)} ${base64(value)}`);
  await compare('postgresql', texts, paths, lines.join('\n'));
});

for (const [name, program, needs] of [
  [
    'json',
    'import json; load = lambda file: json.loads(file.read().decode("utf-8-sig").strip() or "{}")',
    [],
  ],
  ['yaml', 'import yaml; load = lambda file: yaml.load(file, Loader=yaml.BaseLoader) or {}', ['PyYAML']],
] as const)
  it(`${name} is read as Python reads it`, async (t) => {
    if (!requires(t, 'python3', ...needs)) return;
    const format = await loadFormat(name);
    const edited = fc
      .tuple(nestedFiles(name, format.refusal), nestedChanges(name, format.refusal))
      .map(([{ text }, change]) => {
        try {
          return format.edit(text, [change]);
        } catch {
          return text;
        }
      });
    const texts = fc.sample(edited, { seed, numRuns });
    const paths = written(name, texts);
    const printed: readonly (readonly [readonly string[], unknown])[][] = JSON.parse(
      output(['python3', '-c', `${program}\n${NESTED}`, ...paths]),
    );
    for (const [index, text] of texts.entries()) {
      const have = format
        .read(text)
        .map(({ key, value }) => [key, typeof value === 'object' ? value : `${value}`]);
      const want = printed[index]?.map(([key, value]) => [
        key,
        typeof value === 'object' ? value : `${value}`,
      ]);
      assert.deepEqual(have, want, text);
    }
  });

const NESTED = `
import json, sys
def leaves(value, way):
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in leaves(one, way + [name])]
    return [(way, value)]
print(json.dumps([leaves(load(open(path, 'rb')), []) for path in sys.argv[1:]]))
`;

it('XML is read as Python reads it', async (t) => {
  if (!requires(t, 'python3')) return;
  const { refusal, render, read } = await loadFormat('xml');
  const ways = [['path'], ['logger', 'log'], ['logger', 'size'], ['users', 'a', 'b'], ['x-y']];
  const items = ways.map((way, index) =>
    values
      .filter((one) => typeof one !== 'object' && refusal(one) === null)
      .map(
        (value): Item => ({
          key: ['clickhouse', ...way],
          value,
          comment: index === 1 ? 'a -- b-' : null,
          isHint: index === 3,
        }),
      ),
  );
  const texts = fc.sample(fc.tuple(...items).map(render), { seed, numRuns });
  const paths = written('xml', texts);
  const printed: readonly unknown[] = JSON.parse(output(['python3', '-c', XML, ...paths]));
  for (const [index, text] of texts.entries())
    assert.deepEqual(
      read(text).map(({ key, value }) => [key, value]),
      printed[index],
      text,
    );
});

const XML = `
import json, sys
from xml.etree import ElementTree
def leaves(element, way):
    own = way + [element.tag]
    if len(element): return [leaf for one in element for leaf in leaves(one, own)]
    return [(own, element.text or '')]
print(json.dumps([leaves(ElementTree.parse(path).getroot(), []) for path in sys.argv[1:]]))
`;
