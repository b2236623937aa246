// Properties of installing settings, on random files as packages and operators write them, on the host in memory: twice equals
// once, only what is ours changes and is read then, rollback gives back each byte; what cannot be edited is refused and stays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type InstallOptions, installCommand } from '../../src/configure/install.ts';
import { loadFormat } from '../../src/formats/index.ts';
import { DEFAULT_BASE, type Layout } from '../../src/layout/layout.ts';
import { builtIn, builtInServices } from '../../src/services/index.ts';
import { rollbackCommand } from '../../src/setup/rollback.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import { contextOf, createHost } from '../cases/host.ts';
import { flatFiles, segmentsOf } from '../formats/files.ts';
import { nestedFiles } from '../formats/nested-files.ts';
import type { MemoryHost } from '../memory-host/memory-host.ts';
import { atLeast, random } from '../random.ts';

const layout: Layout = {
  base: DEFAULT_BASE,
  services: builtInServices.filter(({ name }) => builtIn(name)?.configuration !== undefined),
};
/** What a server could not read anyway may stand in them, too. */
const RUNS = random(100, 20261127);

const options = {
  to: null,
  startEmpty: [],
  replace: false,
  restart: false,
  environment: 'export',
  isDry: false,
} as const;

async function setUp(): Promise<MemoryHost> {
  const host = createHost();
  const { exitCode } = await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  // Docker has no file until it needs one: its unit says that it is installed.
  host.prepare.file('/usr/lib/systemd/system/docker.service', { text: '[Service]\n' });
  return host;
}

async function install(host: MemoryHost, what: string, more: Partial<InstallOptions> = {}) {
  const { exitCode, problems, result } = await installCommand(contextOf(host, layout), {
    ...options,
    ...more,
    // What it has elsewhere is not what this is about.
    startEmpty: [what],
    what,
  });
  return { exitCode, codes: problems.map(({ code }) => code), outcome: result?.outcome, problems };
}

const FILES = {
  postgresql: [
    '/etc/postgresql/15/main/postgresql.conf',
    flatFiles('postgresql').map((file) => segmentsOf(file).join('')),
  ],
  redis: ['/etc/redis/redis.conf', flatFiles('redis').map((file) => segmentsOf(file).join(''))],
  kafka: [
    '/opt/kafka/config/server.properties',
    flatFiles('properties').map((file) => segmentsOf(file).join('')),
  ],
  mongodb: ['/etc/mongod.conf', nestedFiles('yaml', () => null)],
  docker: ['/etc/docker/daemon.json', nestedFiles('json', () => null)],
} as const;

describe('installing into a random file', async () => {
  const start = await setUp();
  for (const [service, [path]] of Object.entries(FILES))
    it(`of ${service}`, async () => {
      const facet = builtIn(service)?.configuration;
      assert.ok(facet !== undefined);
      const format = await loadFormat(facet.format);
      const texts: fc.Arbitrary<string> =
        service === 'mongodb' || service === 'docker'
          ? nestedFiles(service === 'mongodb' ? 'yaml' : 'json', format.refusal).map(({ text }) => text)
          : (FILES[service as 'redis'][1] as fc.Arbitrary<string>);
      let installed = 0;
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const host = start.clone();
          host.prepare.file(path, { mode: '0640', text });
          const first = await install(host, service);
          const after = host.text(path);
          if (first.exitCode !== 0) {
            // It cannot be read, or something in it would overrule ours: it stays.
            assert.equal(after, text);
            assert.ok(
              first.codes.every((code) => ['E_CONFIG_TEXT', 'E_OVERRULED'].includes(code)),
              first.codes.join(),
            );
            for (const { at } of first.problems) assert.match(at ?? '', new RegExp(`^${path}:\\d+`));
            return;
          }
          installed += 1;
          const again = await install(host, service);
          assert.deepEqual([again.exitCode, again.outcome], [0, 'unchanged']);
          const keys = new Set(
            facet.into.as === 'edit'
              ? [
                  'log.dirs',
                  'storage.dbPath',
                  'systemLog.destination',
                  'systemLog.path',
                  'systemLog.logAppend',
                  'systemLog.logRotate',
                  'data-root',
                  'log-driver',
                  'log-opts.max-size',
                  'log-opts.max-file',
                ]
              : ['include', 'include_dir'],
          );
          const others = (of: string) =>
            format.read(of).flatMap(({ key, value }) => (keys.has(key.join('.')) ? [] : [[key, value]]));
          assert.deepEqual(others(after ?? ''), others(text));
          const entry = host.entry(path);
          assert.ok(entry.type === 'file' && entry.mode === '0640');
          const { result } = await rollbackCommand(contextOf(host, layout), null, { startEmpty: [service] });
          assert.ok(result !== null && result.outcome === 'applied' && result.leftCount === 0);
          assert.equal(host.text(path), text);
          assert.equal(listed(host), listed(start));
        }),
        RUNS,
      );
      assert.ok(installed > atLeast(50), `only ${installed} could be installed`);
    });
});

/** What is below /etc and is no file of the package. */
function listed(host: MemoryHost): string {
  const ours = /^\/etc\S*(jts-hot|conf\.d|\.service\.d)/;
  return host
    .snapshot()
    .split('\n')
    .filter((line) => ours.test(line))
    .join('\n');
}
