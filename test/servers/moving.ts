// Owns what tests of moving live data share: how the product is typed on a booted host, what writes in the background, and old
// places on a file system of their own.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { MoveResult } from '../../src/move/move-document.ts';
import type { Phase } from '../../src/move/record.ts';
import { type BootedDisk, type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import type { RunResult } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { directoryOf } from './parts.ts';
import { runInside } from './server.ts';

export const HOT = '/data/jts/hot';
/** Real file systems on both sides: of an overlay the kernel tells other numbers. */
export const OLD = '/old';

export const hasAll = (t: TestContext) =>
  requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device') &&
  requires(t, 'real servers');

const SERVERS = ['postgresql', 'redis-server', 'clickhouse-server', 'docker'] as const;

/** A booted Debian 12 on which of all servers only these are started; the hot tier is set up on the disk that is mounted at HOT. */
export function bootWith(
  keeps: readonly (typeof SERVERS)[number][],
  disks: readonly BootedDisk[],
  binds: Readonly<Record<string, string>> = {},
): BootedHost {
  const others = SERVERS.filter((name) => !keeps.includes(name)).join(' ');
  const host = bootHost({
    tree: directoryOf('debian-12'),
    disks,
    binds,
    prepare: `systemctl disable ${others} 2>/dev/null || true`,
  });
  runInside(host, jtsHot('setup'));
  return host;
}

/** All that was acknowledged is there. Returns how much that is. */
export function assertKept(acknowledged: readonly string[], found: readonly string[]): number {
  const there = new Set(found);
  assert.deepEqual(
    acknowledged.filter((one) => !there.has(one)),
    [],
  );
  return acknowledged.length;
}

export const shell = (host: BootedHost, script: string) => {
  const { status, stdout, stderr } = host.run(['sh', '-ec', script], { timeoutMs: 300_000 });
  assert.equal(status, 0, `${script}: ${stderr}${stdout}`);
  return stdout.trim();
};

/** What runs in the background until the host stops. */
export const start = (host: BootedHost, name: string, script: string) =>
  runInside(host, ['systemd-run', '--quiet', `--unit=${name}`, 'sh', '-c', script]);

export function type(host: BootedHost, status: number, ...words: readonly string[]): RunResult {
  const result = host.run(jtsHot(...words), { timeoutMs: 300_000 });
  assert.equal(result.status, status, `${words.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
}

/** Says how long it was stopped, and is seen on the hot tier. */
export function move(
  host: BootedHost,
  service: string,
  { from, t }: { readonly from: string; readonly t: TestContext },
): MoveResult {
  const { stdout } = type(host, 0, 'move', service, '--from', from, '--json');
  const { result } = JSON.parse(stdout) as { result: MoveResult };
  assert.equal(result.outcome, 'applied');
  const { bytes, stopSeconds, stopParts, passes } = result;
  t.diagnostic(
    `${service}: ${(bytes / 1e9).toFixed(2)} GB, stopped for ${stopSeconds?.toFixed(1)} s; ${JSON.stringify(stopParts)} ${JSON.stringify(passes)}`,
  );
  assert.equal(stateOf(host, service), 'running on the hot tier');
  return result;
}

export const stateOf = (host: BootedHost, service: string) => {
  const { stdout } = host.run(jtsHot('config', service, '--check', '--json'));
  return JSON.parse(stdout).result.services[0].state as string;
};

/** Kills a call with SIGKILL so long after the record of a service says that a phase begins. Prints how it ended. */
const KILLER = `const { spawn } = require('node:child_process'), { readFileSync } = require('node:fs');
const [service, phase, delay, ...argv] = process.argv.slice(1);
const child = spawn(argv[0], argv.slice(1), { stdio: 'ignore' });
let over = false;
child.on('exit', (status, signal) => { over = true; console.log(signal ?? status); });
const at = () => { try { return JSON.parse(readFileSync('/var/lib/jts-hot/moves/' + service + '.json', 'utf8')).phase } catch { return '' } };
const look = () => over || (at() === phase ? setTimeout(() => child.kill('SIGKILL'), Number(delay)) : setImmediate(look));
look();`;

/** `SIGKILL`, or the exit status of a call that was faster. */
export function killedAt(
  host: BootedHost,
  service: string,
  of: { readonly phase: Phase; readonly delayMs?: number; readonly argv: readonly string[] },
): string {
  const words = ['-e', KILLER, service, of.phase, `${of.delayMs ?? 0}`, ...of.argv];
  return runInside(host, [process.execPath, ...words]).trim();
}

/** Its directory is on the disk that is mounted at OLD from now on. */
export function onDisk(host: BootedHost, unit: string, directory: string): void {
  const there = `${OLD}/${directory.slice(1).replaceAll('/', '-')}`;
  shell(
    host,
    `systemctl stop ${unit}; cp -a ${directory} ${there}; mount --bind ${there} ${directory}; systemctl start ${unit}`,
  );
}
