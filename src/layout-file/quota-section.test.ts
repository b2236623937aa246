// `quota:` in a layout file: what it means, what is refused and where, and the way back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { Problem } from '../messages/diagnostic.ts';
import { parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

const parse = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;

describe('what is said of quotas', () => {
  for (const [text, quota] of [
    ['', undefined],
    ['quota: off', undefined],
    ['quota: account', { mode: 'account', softPercent: 90, hardPercent: 100 }],
    ['quota: enforce', { mode: 'enforce', softPercent: 90, hardPercent: 100 }],
    ['quota: { mode: off, hard: 50% }', undefined],
    ['quota: { mode: enforce, hard: 80% }', { mode: 'enforce', softPercent: 80, hardPercent: 80 }],
    [
      'quota: { mode: enforce, soft: 100%, hard: 120.5% }',
      { mode: 'enforce', softPercent: 100, hardPercent: 120.5 },
    ],
    ['quota: { mode: enforce, soft: false }', { mode: 'enforce', softPercent: null, hardPercent: 100 }],
  ] as const)
    it(`${text || 'nothing'}: comes to this, also when it is written out and read back`, () => {
      const layout = parse(text);
      assert.deepEqual(layout.quota, quota);
      assert.deepEqual(parse(renderLayoutFile({ layout, monitoring: builtInMonitoring })), layout);
    });
});

describe('of quotas is refused', () => {
  for (const [text, code, at, says] of [
    [
      'quota: yes',
      'E_SPEC_VALUE',
      '1:8',
      /want one of off, account, enforce, or settings \(mode, soft, hard\)/,
    ],
    ['quota: []', 'E_SPEC_VALUE', '1:8', /want one of off, account, enforce/],
    ['quota: { soft: 90% }', 'E_SPEC_MISSING', '1:1', /mode/],
    ['quota: { mode: enforcing }', 'E_SPEC_VALUE', '1:16', /want one of off, account, enforce/],
    ['quota: { mode: enforce, sofft: 90% }', 'E_SPEC_KEY', '1:25', /want one of mode, soft, hard/],
    ['quota: { mode: enforce, soft: 90 }', 'E_SPEC_VALUE', '1:31', /with its sign/],
    ['quota: { mode: enforce, hard: 0% }', 'E_SPEC_VALUE', '1:31', /more than 0%/],
    ['quota: { mode: enforce, hard: 5000% }', 'E_SPEC_VALUE', '1:31', /at most 1000%/],
    ['quota: { mode: enforce, soft: 101% }', 'E_SPEC_VALUE', '1:31', /at most `hard`, 100%; found 101%/],
  ] as const)
    it(text, () => {
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof Problem);
          const [found] = error.diagnostics;
          assert.equal(found?.code, code, JSON.stringify(found));
          assert.equal(found?.at, `hot.yaml:${at}`);
          assert.match(found?.detail.join(' ') ?? '', says);
          return true;
        },
      );
    });
});
