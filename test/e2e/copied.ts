// Owns how tests of the copier start it on a throwaway host, and what they look at then. Must not copy anything itself.
import assert from 'node:assert/strict';
import type { Compared, Copied } from '../../src/port/copy-tree.ts';
import type { Ask, CopyAsk, CopyTold, DriverTold } from './copy-driver.ts';
import { describe } from './product.ts';
import { REPOSITORY, type RunOptions, type ThrowawayHost } from './throwaway-host.ts';
import { AT } from './tuned-host.ts';

const DRIVER = `${REPOSITORY}/test/e2e/copy-driver.ts`;

export const FROM = `${AT}/from`;
export const TO = `${AT}/staging/copy`;
export const FIRST: CopyAsk = { from: FROM, to: TO, pass: 'first' };
export const AGAIN: CopyAsk = { from: FROM, to: TO, pass: 'again' };
export const COMPARE: Ask = { one: FROM, other: TO };

export function driver(...asks: readonly Ask[]): readonly string[] {
  return [process.execPath, DRIVER, JSON.stringify(asks)];
}

export function drive(
  host: ThrowawayHost,
  asks: readonly Ask[],
  options: RunOptions = {},
): DriverTold['told'] {
  const result = host.run(driver(...asks), { cwd: REPOSITORY, timeoutMs: 540_000, ...options });
  assert.equal(result.status, 0, describe(result));
  const { told, leaked } = JSON.parse(result.stdout) as DriverTold;
  assert.ok(leaked <= 1, `${leaked} descriptors more`);
  return told;
}

export function copiedIn(told: CopyTold | undefined): Copied {
  assert.ok(told !== undefined && 'copied' in told, JSON.stringify(told));
  return told.copied;
}

export function comparedIn(told: CopyTold | undefined): Compared {
  assert.ok(told !== undefined && 'compared' in told, JSON.stringify(told));
  return told.compared;
}

/** The second pass and the proof. */
export function requireEqual(host: ThrowawayHost, ...more: readonly Partial<CopyAsk>[]): Copied {
  const [again, compared] = drive(host, [Object.assign({}, AGAIN, ...more), COMPARE]);
  const { outcome, ...rest } = comparedIn(compared);
  assert.equal(outcome, 'equal', JSON.stringify(rest));
  return copiedIn(again);
}

export function sh(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-euc', script], { timeoutMs: 300_000 });
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** Every entry with what find(1) tells of it: type, mode, owner, times, length, target; which names are one file by their number. */
export function listing(host: ThrowawayHost, top: string): readonly string[] {
  return sh(
    host,
    `cd ${top}; find . ! -type s -printf '%P %y %m %U:%G %T@ %s %n %l\\n' | sed -E 's/^(.* d .*) [0-9]+ [0-9]+ /\\1 /' | LC_ALL=C sort
    (getfacl -nRp . 2>/dev/null || true) | awk -v RS= -v ORS='\\n\\n' '!/^# file: .\\/socket\\n/'
    python3 - <<'END'
import os
for top, directories, files in os.walk(b'.'):
    for name in sorted(directories + files):
        path = os.path.join(top, name)
        if len(path) > 4000: continue
        for attribute in sorted(os.listxattr(path, follow_symlinks=False)):
            if not attribute.startswith('trusted.SGI_ACL'): print(path, attribute, os.getxattr(path, attribute, follow_symlinks=False))
END`,
  ).split('\n');
}

/** Names the lines that are in one of them alone. */
export function requireSame(found: readonly string[], want: readonly string[]): void {
  const alone = (lines: readonly string[], others: readonly string[]) => {
    const known = new Set(others);
    return lines.filter((line) => !known.has(line)).map((line) => line.replace(/^.{300,}(?=.{200}$)/, '… '));
  };
  assert.deepEqual({ more: alone(found, want), less: alone(want, found) }, { more: [], less: [] });
  assert.equal(found.length, want.length);
}
