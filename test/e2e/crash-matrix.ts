// Owns what the crash tests share: the hosts they start from, the points, and holding each point to the same end.
// Of all points one for each operation and system call is tried; with CRASH=full in the environment each of them.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { distinct, type KillPoint, killPoints } from './crash.ts';
import { describe, forgetRecord, runJtsHot, traces } from './product.ts';
import { type HostOptions, startHost, type ThrowawayHost } from './throwaway-host.ts';

export const FULL = process.env['CRASH'] === 'full';

export const NEEDS = ['root', 'overlay in a private mount namespace', 'strace', 'useradd'] as const;

/** All kinds of operations in few steps: what is there is wrong, the rest is missing. */
export const SMALL: HostOptions = {
  freshAccounts: true,
  // Each rollback goes through their file systems.
  mounted: ['/data', '/var'],
  prepare: `
    mkdir -p -m 755 /etc/jts /data/jts/hot/kafka
    chmod 700 /data/jts/hot
    cat > /etc/jts/hot-storage.yaml <<END
services:
  postgresql: false
  clickhouse: false
  mongodb: false
  redis: false
  backup: false
  kafka: { directories: { logs: false } }
  docker: { directories: { containers: false, tmp: false } }
END`,
};
export const BUILT_IN: HostOptions = { freshAccounts: true, mounted: ['/data', '/var'] };

/** Where a run of the command on such a host can be killed, after it was set up with `before`. */
export function pointsOf(
  options: HostOptions,
  argv: readonly string[],
  before: (host: ThrowawayHost) => void = () => {},
): readonly KillPoint[] {
  using host = startHost(options);
  before(host);
  const { result, points } = killPoints(host, argv);
  assert.equal(result.status, 0, describe(result));
  return distinct(points, ['getent']);
}

/**
 * One for each operation that is begun on record, system call, program that it starts and file that it writes, the first
 * of its like: what the others leave behind differs in names only. All of them with CRASH=full.
 */
export function chosen(points: readonly KillPoint[]): readonly KillPoint[] {
  if (FULL) return points;
  const found = new Map<string, KillPoint>();
  let operation = 'none';
  for (const point of points) {
    const { syscall, program, path, call } = point;
    const likes = [operation, syscall, program, path?.replace(/[^/]*\d[^/]*/g, '#')].join(' ');
    if (!found.has(likes)) found.set(likes, point);
    operation = operationOf(call) ?? operation;
  }
  return [...found.values()];
}

/** What is begun, or over, once this call has been made; null: it says nothing of that. */
function operationOf(call: string): string | null {
  const [, begun = ''] = /.*\{\\"type\\":\\"doing\\"(.*)/.exec(call) ?? [];
  if (begun === '') return call.includes('{\\"type\\":\\"done\\"') ? 'none' : null;
  const operation = /\\"do\\":\{\\"type\\":\\"(\w+)\\"/.exec(begun)?.[1];
  assert.ok(operation !== undefined, `no operation in ${call}`);
  return operation;
}

/** Of a program that changes files: where the new ones take their places, and the first and the last lock. */
export function chosenOfProgram(points: readonly KillPoint[]): readonly KillPoint[] {
  if (FULL) return points;
  const locks = points.filter(({ syscall }) => syscall !== 'rename');
  return points.filter((point) => point.syscall === 'rename' || point === locks[0] || point === locks.at(-1));
}

/** From a point the way on, and the way back at once. */
export type Way = 'on' | 'back';

/**
 * In memory both ways are gone from every point of every run (test/property). Here they change from point to point, and each
 * operation has several points; with CRASH=full both are gone from each.
 */
function waysFrom(index: number): readonly Way[] {
  if (FULL) return ['on', 'back'];
  return [index % 2 === 0 ? 'on' : 'back'];
}

export function completeAndRollBack(host: ThrowawayHost): void {
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['validate', '--quiet']);
  runJtsHot(host, ['rollback']);
}

/** Does `act` for every point on a host as new, and names all points from which something stayed behind. */
export function forEachPoint(
  t: TestContext,
  options: HostOptions,
  points: readonly KillPoint[],
  act: (host: ThrowawayHost, point: KillPoint, ways: readonly Way[]) => void,
): void {
  const failures: string[] = [];
  let host = startHost(options);
  try {
    for (const [index, point] of points.entries()) {
      try {
        act(host, point, waysFrom(index));
        requireAsNew(host);
      } catch (error) {
        failures.push(
          `killed at ${point.call.slice(0, 200)}: ${error instanceof Error ? error.message : error}`,
        );
        host.stop();
        host = startHost(options);
      }
    }
  } finally {
    host.stop();
  }
  t.diagnostic(`${points.length} points${FULL ? '' : '; with CRASH=full all there are'}`);
  assert.equal(
    failures.length,
    0,
    `${failures.length} of ${points.length}\n${failures.slice(0, 5).join('\n')}`,
  );
}

/** Nothing differs from the start; without the record, the host then serves once more. */
export function requireAsNew(host: ThrowawayHost): void {
  assert.deepEqual(traces(host), []);
  forgetRecord(host);
}

const ACCOUNT_FILES = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'];

/**
 * Locks, and files in the making, that a killed shadow-utils program leaves: the next one takes them for what they are.
 */
export function removeLitter(host: ThrowawayHost): void {
  host.run(['sh', '-c', `rm -f ${ACCOUNT_FILES.map((file) => `/etc/${file}+ /etc/${file}.*`).join(' ')}`]);
}
