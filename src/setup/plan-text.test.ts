// Steps as people see them: the sign of each, and how many there are of which.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileState } from '../../test/file-state.ts';
import { stepLines } from '../command/steps-text.ts';
import type { Step } from '../engine/resource.ts';
import { createPaint } from '../messages/paint.ts';
import { describeOperation, type Operation, signOf } from '../port/operation.ts';
import { builtInLayout } from '../services/index.ts';
import type { PlanResult } from './plan-document.ts';
import { renderPlan } from './plan-text.ts';
import { renderRollback } from './rollback-text.ts';

const PAINT = createPaint(false);
const OWNER = { user: 'root', group: 'root' };
const GROUP: Operation = { type: 'createGroup', name: 'kafka' };
const MODE: Operation = { type: 'changeMode', path: '/a', inode: '1', from: '0755', to: '0750' };
const REMOVAL: Operation = { type: 'removeDirectory', path: '/b', owner: OWNER };

function step(operation: Operation): Step {
  return {
    address: `x ${operation.type}`,
    action: signOf(operation),
    summary: describeOperation(operation),
    reason: 'a reason',
    do: operation,
    undo: null,
    needs: [],
  };
}

function plan(...operations: readonly Operation[]): string {
  const result: PlanResult = {
    root: '/',
    spec: builtInLayout,
    adopt: [],
    steps: operations.map(step),
    refusals: [],
    warnings: [],
    preflight: [],
    storage: null,
  };
  return renderPlan(result, PAINT);
}

test('a step that takes something away has a sign of its own', () => {
  assert.deepEqual(stepLines([GROUP, MODE, REMOVAL].map(step), PAINT), [
    '  +  group      kafka',
    '  ~  mode       /a     0755 -> 0750',
    '  -  directory  /b     removed',
  ]);
});

test('a file that is replaced shows the lines that change, each in one line', () => {
  const file = fileState({ text: 'a\n', mode: '0644', owner: OWNER });
  const changes = ['- port 1', `+ ${'x'.repeat(100)}`, '+ \x1b[31m', '… 3 more'];
  const write: Operation = { type: 'writeFile', path: '/etc/x', from: file, to: file, changes };
  assert.deepEqual(stepLines([write].map(step), PAINT)[0]?.split('\n'), [
    '  ~  file  /etc/x  root:root 0644, 1 line',
    '       - port 1',
    `       + ${'x'.repeat(70)}…`,
    '       + \\x1b[31m',
    '       … 3 more',
  ]);
});

test('removals are counted where there are any', () => {
  assert.match(plan(GROUP, MODE), /^2 steps: 1 new, 1 changed\. Nothing/m);
  assert.match(plan(GROUP, REMOVAL, REMOVAL), /^3 steps: 1 new, 0 changed, 2 removed\. Nothing/m);
});

test('a rollback shows what each of its steps does, not that it undoes something', () => {
  const text = renderRollback(
    {
      outcome: 'applied',
      run: 2,
      undoes: [1],
      steps: [MODE, REMOVAL].map(step),
      stepCount: 2,
      left: [],
      leftCount: 0,
      searchUnfinished: false,
      remaining: null,
      restart: [],
    },
    PAINT,
  );
  assert.deepEqual(text.split('\n').slice(0, 2), [
    '  ~ change mode of /a from 0755 to 0750',
    '  - remove empty directory /b',
  ]);
});
