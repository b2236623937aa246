import type { LongProgress } from '../../port/host.ts';
import { describeOperation, type OperationOf } from '../../port/operation.ts';
import { ruleType } from '../../port/operations/labels.ts';
import { typeIn } from '../../port/selinux.ts';
import { changedSince } from '../changed-since.ts';
import { run } from '../process.ts';
import type { Tree } from '../tree.ts';
import { passing } from '../tree-pass.ts';
import { labelOf } from './calls.ts';
import { relabelTree } from './relabel-tree.ts';
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
export function settingLabels(tree: Tree, operation: Labels): Generator<LongProgress, void> {
  const { path, from, to, scope, except, also } = operation;
  return passing(tree, operation, {
    work(fd) {
      const label = labelOf(fd);
      const found = label === null ? 'no label' : typeIn(label);
      if (found !== from && found !== to)
        throw changedSince(path, [`want: ${describeOperation(operation)}`, `found: ${found}`]);
      return relabelTree(fd, {
        ...{ from, to, scope },
        except: new Set(except),
        also: new Map(also.map((one) => [one.path, one])),
      });
    },
    refusal: { code: 'E_LABEL_LEFT', summary: 'cannot give every file its label' },
  });
}
