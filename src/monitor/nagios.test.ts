// The plugin line as the guidelines want it: one line, text, a bar, data with thresholds in the same unit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyReport, REPORT } from '../../test/monitor-report.ts';
import { random } from '../../test/random.ts';
import { builtInMonitoring, type Monitoring, OFF } from '../layout/monitoring.ts';
import { renderNagios } from './nagios.ts';
import type { MonitorResult, ServiceUsage } from './report-document.ts';

/** As plugin runners split it: everything behind the first bar, by blanks outside of quotes. */
function parse(line: string) {
  const bar = line.indexOf('|');
  assert.ok(bar > 0);
  const data = new Map<string, string>();
  const rest = line.slice(bar + 1);
  const one = /\s+'([^'=|]+)'=(\S+)/y;
  while (one.lastIndex < rest.length) {
    const [, label = '', value = ''] = one.exec(rest) ?? assert.fail(`no performance data: ${rest}`);
    assert.ok(!data.has(label), `twice: ${label}`);
    data.set(label, value);
  }
  return { text: line.slice(0, bar).trim(), data };
}

describe('renderNagios', () => {
  it('says status, disk, and what is wrong, the worst first; then the numbers', () => {
    assert.equal(
      renderNagios(REPORT, builtInMonitoring),
      'JTS-HOT WARNING - disk 80 % used, 750 GB of 4.00 TB available, full in 2 days; ' +
        'WARNING kafka 85 % of its 1.00 GB; UNKNOWN redis cannot be measured |' +
        " '/data'=3000000000000B;3000000000000;3375000000000;0;3750000000000" +
        " '/data inodes'=1000000;195200000;219600000;0;244000000" +
        " '/data full in'=172800s;259200:;86400:;0;" +
        " 'kafka'=850000000B;800000000;900000000;0;1000000000" +
        " 'backup'=0B;1600000000;1800000000;0;2000000000",
    );
  });

  const levels: readonly (readonly [string, Monitoring['eachService'], string])[] = [
    ['per cent', { warning: { ...OFF, usedPercent: 50 }, critical: OFF }, '500000000;'],
    ['bytes left', { warning: OFF, critical: { ...OFF, freeBytes: 1e8 } }, ';900000000'],
    [
      'whichever comes first',
      {
        warning: { ...OFF, usedPercent: 50, freeBytes: 6e8 },
        critical: { ...OFF, usedPercent: 95, freeBytes: 1 },
      },
      '400000000;950000000',
    ],
    ['more left than there is', { warning: { ...OFF, freeBytes: 2e9 }, critical: OFF }, '0;'],
    ['none', { warning: OFF, critical: OFF }, ';'],
  ];
  for (const [what, own, want] of levels)
    it(`gives a service its own thresholds, in bytes: ${what}`, () => {
      const line = renderNagios(REPORT, { ...builtInMonitoring, services: new Map([['kafka', own]]) });
      assert.equal(parse(line).data.get('kafka'), `850000000B;${want};0;1000000000`);
    });

  const rules: readonly (readonly [ServiceUsage['fired'], string])[] = [
    [{ rule: 'used', level: 'WARNING', value: 85.04, threshold: 80 }, '85 % of its 1.00 GB'],
    [{ rule: 'free', level: 'WARNING', value: 1.5e8, threshold: 2e8 }, '150 MB free of its 1.00 GB'],
    [{ rule: 'inodes', level: 'WARNING', value: 81.26, threshold: 80 }, '81.3 % of all inodes'],
    [{ rule: 'full-in', level: 'WARNING', value: 7 * 3600, threshold: 86_400 }, 'at its 1.00 GB in 7 h'],
    [null, 'cannot be read everywhere'],
  ];
  for (const [fired, want] of rules)
    it(`names the rule that fired: ${fired?.rule ?? 'none'}`, () => {
      const [kafka] = REPORT.services;
      assert.ok(kafka !== undefined);
      const { text } = parse(renderNagios({ ...REPORT, services: [{ ...kafka, fired }] }, builtInMonitoring));
      assert.ok(text.endsWith(`WARNING kafka ${want}`), text);
    });

  const ofDisk: readonly (readonly [MonitorResult['fileSystem']['fired'], string])[] = [
    [
      { rule: 'used', level: 'CRITICAL', value: 91, threshold: 90 },
      '750 GB of 4.00 TB available, critical from 90 %',
    ],
    [
      { rule: 'free', level: 'WARNING', value: 7.5e11, threshold: 1e12 },
      '750 GB of 4.00 TB available, warning at 1.00 TB or less',
    ],
    [
      { rule: 'inodes', level: 'WARNING', value: 81.26, threshold: 80 },
      '750 GB of 4.00 TB available, 81.3 % of all inodes',
    ],
    [null, '750 GB of 4.00 TB available'],
  ];
  for (const [fired, want] of ofDisk)
    it(`names the rule that fired for the disk: ${fired?.rule ?? 'none'}`, () => {
      const report = { ...REPORT, fileSystem: { ...REPORT.fileSystem, fired }, services: [] };
      const { text } = parse(renderNagios(report, builtInMonitoring));
      assert.ok(text.endsWith(want), text);
    });

  it('stays within what a runner reads: five services named, data cut between two data', () => {
    const [kafka] = REPORT.services;
    assert.ok(kafka !== undefined);
    const services = Array.from({ length: 300 }, (_, i) => ({ ...kafka, service: `${'x'.repeat(60)}${i}` }));
    const line = renderNagios({ ...REPORT, services }, builtInMonitoring);
    assert.ok(Buffer.byteLength(line) <= 8000);
    const { text, data } = parse(line);
    assert.match(text, /; and 295 more$/);
    assert.ok(data.size > 50);
  });

  it('property: one line, and data that can be read back, whatever the names', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const line = renderNagios(report, builtInMonitoring);
        assert.doesNotMatch(line, /[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029]/u);
        const { text, data } = parse(line);
        assert.ok(text.startsWith(`JTS-HOT ${report.status} - disk `));
        for (const value of data.values()) assert.match(value, /^\d+(B|s|);(\d+:?)?;(\d+:?)?;0;\d*$/);
      }),
      random(100),
    );
  });
});
