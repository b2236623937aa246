// Each option that the product writes for MongoDB is one of mongod's, of its type and range: held to the table of its
// sources (mongod-options.tsv), since no registry has a mongod to start.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse } from 'yaml';
import { runJtsHot } from '../e2e/product.ts';
import { startHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { runInside, writeInside } from './server.ts';

interface Option {
  readonly type: string;
  /** `a|b`, `0..9`, `>=1`, or nothing. */
  readonly constraint: string;
  readonly note: string;
}

const TABLE: ReadonlyMap<string, Option> = new Map(
  readFileSync(join(import.meta.dirname, 'mongod-options.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(1)
    .map((line) => {
      const [name = '', type = '', constraint = '', note = ''] = line.split('\t');
      return [name, { type, constraint, note }] as const;
    }),
);

/** Why mongod would not take it. */
function fault(name: string, value: unknown): string | null {
  const option = TABLE.get(name);
  if (option === undefined) return `${name} is no option`;
  const { type, constraint, note } = option;
  if (/removed|new|deprecated/i.test(note)) return `${name}: not in every version: ${note}`;
  const isRight =
    type === 'String'
      ? typeof value === 'string'
      : type === 'Switch' || type === 'Bool'
        ? typeof value === 'boolean'
        : type === 'Int'
          ? Number.isInteger(value)
          : type === 'Double'
            ? typeof value === 'number'
            : false;
  if (!isRight) return `${name}: ${JSON.stringify(value)} is no ${type}`;
  if (constraint.includes('|') && !constraint.split('|').includes(String(value)))
    return `${name}: ${value} is none of ${constraint}`;
  const [, low, high] = /^(-?[\d.]+?)\.\.(-?[\d.]+)$/.exec(constraint) ?? [];
  if (low !== undefined && (Number(value) < Number(low) || Number(value) > Number(high)))
    return `${name}: ${value} is not in ${constraint}`;
  return null;
}

function flat(value: unknown, way: readonly string[] = []): readonly (readonly [string, unknown])[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[way.join('.'), value]];
  return Object.entries(value).flatMap(([key, below]) => flat(below, [...way, key]));
}

/** As MongoDB's own packages bring it. */
const PACKAGED = [
  '# mongod.conf',
  '',
  '# for documentation of all options, see:',
  '#   http://docs.mongodb.org/manual/reference/configuration-options/',
  '',
  '# Where and how to store data.',
  'storage:',
  '  dbPath: /var/lib/mongodb',
  '#  engine:',
  '#  wiredTiger:',
  '',
  '# where to write logging data.',
  'systemLog:',
  '  destination: file',
  '  logAppend: true',
  '  path: /var/log/mongodb/mongod.log',
  '',
  '# network interfaces',
  'net:',
  '  port: 27017',
  '  bindIp: 127.0.0.1',
  '',
  '# how the process runs',
  'processManagement:',
  '  timeZoneInfo: /usr/share/zoneinfo',
  '',
  '#security:',
  '',
];

it('the table knows what is no option, of another type, out of range', () => {
  assert.ok(TABLE.size > 80);
  assert.deepEqual(fault('storage.dbPath', '/data'), null);
  assert.equal(fault('storage.path', '/data'), 'storage.path is no option');
  assert.match(fault('storage.journal.enabled', true) ?? '', /not in every version: REMOVED in 6\.1/);
  assert.equal(fault('systemLog.logAppend', 'yes'), 'systemLog.logAppend: "yes" is no Switch');
  assert.equal(fault('systemLog.logRotate', 'copy'), 'systemLog.logRotate: copy is none of rename|reopen');
  assert.equal(fault('net.port', 70_000), 'net.port: 70000 is not in 0..65535');
});

it('what is printed, advice too, and what is installed is what mongod takes', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
  using host = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  runJtsHot(host, ['setup']);
  const printed = runJtsHot(host, ['config', 'mongodb']).stdout;
  // Advice is a line with the sign of a comment right before it.
  const withAdvice = printed.replace(/^( *)#(?! )/gm, '$1');
  const options = flat(parse(withAdvice));
  assert.ok(
    options.some(([name]) => name === 'storage.directoryPerDB'),
    withAdvice,
  );
  assert.deepEqual(
    options.map(([name, value]) => fault(name, value)).filter((one) => one !== null),
    [],
  );

  const configFile = '/etc/mongod.conf';
  writeInside(host, configFile, PACKAGED);
  const before = runInside(host, ['sha256sum', configFile]);
  runJtsHot(host, ['config', 'mongodb', '--install']);
  const text = runInside(host, ['cat', configFile]);
  const installed = new Map(flat(parse(text)));
  assert.deepEqual(
    [...installed].map(([name, value]) => fault(name, value)).filter((one) => one !== null),
    [],
  );
  assert.equal(installed.get('storage.dbPath'), '/data/jts/hot/mongodb/data');
  assert.equal(installed.get('systemLog.path'), '/data/jts/hot/mongodb/logs/mongod.log');
  assert.equal(installed.get('systemLog.logRotate'), 'reopen');
  // mongod wants the one with the other.
  assert.equal(installed.get('systemLog.logAppend'), true);
  assert.equal(installed.get('net.port'), 27_017);
  for (const line of PACKAGED.filter((one) => one.startsWith('#'))) assert.ok(text.includes(line), line);

  runJtsHot(host, ['rollback']);
  assert.equal(runInside(host, ['sha256sum', configFile]), before);
});
