// Which levels hold for which service, and what thresholds of one call change.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  builtInMonitoring,
  type Levels,
  levelsOf,
  type Monitoring,
  OFF,
  withUsedPercent,
} from './monitoring.ts';

const KAFKA: Levels = {
  warning: { ...OFF, freeBytes: 5e9 },
  critical: { ...OFF, usedPercent: 99, freeBytes: 1e9, inodesPercent: 7, fullInSeconds: 3600 },
};
const monitoring: Monitoring = { ...builtInMonitoring, samples: 3, services: new Map([['kafka', KAFKA]]) };

describe('levels', () => {
  it('are those of the service, else those of each', () => {
    assert.equal(levelsOf(monitoring, 'kafka'), KAFKA);
    assert.equal(levelsOf(monitoring, 'redis'), monitoring.eachService);
    // A name that every object has something of.
    assert.equal(levelsOf(monitoring, 'constructor'), monitoring.eachService);
  });
});

describe('thresholds of one call', () => {
  it('are of the disk and every service, and leave all other rules as they are', () => {
    const { disk, eachService } = monitoring;
    assert.deepEqual(withUsedPercent(monitoring, { warningPercent: 75, criticalPercent: 85.5 }), {
      ...monitoring,
      disk: {
        warning: { ...disk.warning, usedPercent: 75 },
        critical: { ...disk.critical, usedPercent: 85.5 },
      },
      eachService: {
        warning: { ...eachService.warning, usedPercent: 75 },
        critical: { ...eachService.critical, usedPercent: 85.5 },
      },
      services: new Map([
        [
          'kafka',
          {
            warning: { ...KAFKA.warning, usedPercent: 75 },
            critical: { ...KAFKA.critical, usedPercent: 85.5 },
          },
        ],
      ]),
    });
  });

  it('may be none', () => {
    const { disk } = withUsedPercent(monitoring, { warningPercent: null, criticalPercent: 85 });
    assert.deepEqual([disk.warning.usedPercent, disk.critical.usedPercent], [null, 85]);
  });
});
