// How this host records rules for labels, and gives directories their labels. semanage(8) alone writes the rules: it knows where each
// policy keeps them, and makes what is read faster of them.
import { closeSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { LongProgress } from '../../port/host.ts';
import { describeOperation, type OperationOf } from '../../port/operation.ts';
import { ruleType } from '../../port/operations/labels.ts';
import { typeIn } from '../../port/selinux.ts';
import { changedSince } from '../changed-since.ts';
import { run } from '../process.ts';
import { statusAt } from '../syscalls.ts';
import type { Tree } from '../tree.ts';
import { labelOf } from './calls.ts';
import { type Relabelled, relabelTree } from './relabel-tree.ts';
import { readSelinux } from './state.ts';

type Rules = OperationOf<'setFileContexts'>;
type Labels = OperationOf<'setLabels'>;

/** It reads a policy of megabytes, and goes through all home directories. */
const TIMEOUT_MS = 300_000;

export function recordRules(operation: Rules, keepOpen: number | null): void {
  const known = readSelinux()?.rules ?? null;
  const found = operation.rules.map((rule) => ({
    ...rule,
    is: known === null ? undefined : ruleType(known, rule),
  }));
  const other = found.find(({ is, from, to }) => is !== from && is !== to);
  if (other !== undefined)
    throw changedSince(`rule ${other.pattern}`, [
      `want: ${describeOperation(operation)}`,
      `found: ${other.is === undefined ? 'no rules to read' : (other.is ?? 'no rule')}`,
    ]);
  const lines = found.flatMap(({ pattern, files, to, is }) => {
    if (is === to) return [];
    const of = `-f ${files === 'any' ? 'a' : 'd'}`;
    if (to === null) return [`fcontext -d ${of} '${pattern}'`];
    return [`fcontext ${is === null ? '-a' : '-m'} ${of} -t ${to} '${pattern}'`];
  });
  if (lines.length === 0) return;
  // Without -N it would load the policy anew, for nothing: the kernel knows no such rules.
  run(['semanage', 'import', '-N'], { keepOpen, timeoutMs: TIMEOUT_MS, input: `${lines.join('\n')}\n` });
}

/** Pauses now and then. */
export function* settingLabels(tree: Tree, operation: Labels): Generator<LongProgress, void> {
  const { path, inode, born, from, to, scope, except, also } = operation;
  const begun = Date.now();
  const fd = tree.openDirectory(path);
  try {
    const status = statusAt(fd, '');
    if ((inode !== undefined && status.inode !== inode) || (born !== undefined && status.born !== born))
      throw changedSince(path, [`want: ${describeOperation(operation)}`, 'found another directory']);
    const label = labelOf(fd);
    const found = label === null ? 'no label' : typeIn(label);
    if (found !== from && found !== to)
      throw changedSince(path, [`want: ${describeOperation(operation)}`, `found: ${found}`]);
    const work = relabelTree(fd, {
      ...{ from, to, scope },
      except: new Set(except),
      also: new Map(also.map((one) => [one.path, one])),
    });
    for (let next = work.next(); ; next = work.next()) {
      if (next.done) return requireAll(path, next.value);
      const { looked, changed } = next.value;
      yield { looked, changed, seconds: (Date.now() - begun) / 1000 };
    }
  } finally {
    closeSync(fd);
  }
}

function requireAll(path: string, { leftCount, left }: Relabelled): void {
  if (leftCount === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_LABEL_LEFT', 'cannot give every file its label', {
      at: path,
      detail: [
        `want all of them, found ${leftCount} that cannot be changed`,
        ...left.map((one) => `${one.path || '.'}: ${one.error}`),
      ],
      hint: 'look at what is there (sudo dmesg | tail, where it is EIO), then run the same command again',
    }),
  ]);
}
