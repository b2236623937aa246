// Against outputs of real versions of nvme(1) on real disks and on QEMU's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSmartLog } from './smart-log.ts';

/** nvme-cli 2.3 (Debian 12) of QEMU 7.2's NVMe disk, as it was printed. */
const QEMU_BY_2_3 = `{
  "critical_warning":8,
  "temperature":323,
  "avail_spare":0,
  "spare_thresh":0,
  "percent_used":0,
  "endurance_grp_critical_warning_summary":0,
  "data_units_read":"3",
  "data_units_written":"0",
  "host_read_commands":"49",
  "host_write_commands":"0",
  "controller_busy_time":"0",
  "power_cycles":"0",
  "power_on_hours":"0",
  "unsafe_shutdowns":"0",
  "media_errors":"0",
  "num_err_log_entries":"0",
  "warning_temp_time":0,
  "critical_comp_time":0,
  "thm_temp1_trans_count":0,
  "thm_temp2_trans_count":0,
  "thm_temp1_total_time":0,
  "thm_temp2_total_time":0
}`;

/** A version 1 of a disk that had run for four years, as somebody published it with a Prometheus exporter. */
const WORN_BY_1 = `{
  "critical_warning" : 0,
  "temperature" : 301,
  "avail_spare" : 100,
  "spare_thresh" : 5,
  "percent_used" : 15,
  "data_units_read" : 499296134,
  "data_units_written" : 1474968593,
  "host_read_commands" : 9347931143,
  "host_write_commands" : 51493840602,
  "controller_busy_time" : 1974546,
  "power_cycles" : 290,
  "power_on_hours" : 38313,
  "unsafe_shutdowns" : 139,
  "media_errors" : 0,
  "num_err_log_entries" : 17,
  "warning_temp_time" : 0,
  "critical_comp_time" : 0,
  "temperature_sensor_1" : 306,
  "thm_temp1_trans_count" : 0
}`;

/** nvme-cli 1.12 (Debian 11) of the same disk, that warns of its spare and takes no writes, with --human-readable. */
const HUMAN_BY_1_12 = `{
  "critical_warning" : {
    "value" : 9,
    "available_spare" : 1,
    "temp_threshold" : 0,
    "reliability_degraded" : 0,
    "ro" : 1,
    "vmbu_failed" : 0,
    "pmr_ro" : 0
  },
  "temperature" : 323,
  "avail_spare" : 0,
  "spare_thresh" : 0,
  "percent_used" : 0,
  "endurance_grp_critical_warning_summary" : 0,
  "data_units_read" : 3,
  "data_units_written" : 0,
  "host_read_commands" : 49,
  "power_on_hours" : 0,
  "unsafe_shutdowns" : 0,
  "media_errors" : 0,
  "num_err_log_entries" : 0
}`;

/** nvme-cli 2.13 (Debian 13) of the same: numbers again. */
const QEMU_BY_2_13 = QEMU_BY_2_3.replace(/"(\d+)"/g, '$1').replace(
  '"critical_warning":8',
  '"critical_warning":9',
);

describe('the SMART log', () => {
  it('as version 2.3 prints it', () => {
    assert.deepEqual(parseSmartLog(QEMU_BY_2_3), {
      criticalWarning: 8,
      sparePercent: 0,
      spareThresholdPercent: 0,
      wearPercent: 0,
      mediaErrors: 0,
      unsafeShutdowns: 0,
      powerOnHours: 0,
      celsius: 50,
      writtenBytes: 0,
    });
  });

  it('as version 1 prints it', () => {
    assert.deepEqual(parseSmartLog(WORN_BY_1), {
      criticalWarning: 0,
      sparePercent: 100,
      spareThresholdPercent: 5,
      wearPercent: 15,
      mediaErrors: 0,
      unsafeShutdowns: 139,
      powerOnHours: 38_313,
      celsius: 28,
      writtenBytes: 755_183_919_616_000,
    });
  });

  it('as version 1.12 prints it with the warnings as an object', () => {
    assert.deepEqual(parseSmartLog(HUMAN_BY_1_12), { ...parseSmartLog(QEMU_BY_2_3), criticalWarning: 9 });
  });

  it('as version 2.13 prints it', () => {
    assert.match(QEMU_BY_2_13, /"data_units_read":3,/);
    assert.deepEqual(parseSmartLog(QEMU_BY_2_13), { ...parseSmartLog(QEMU_BY_2_3), criticalWarning: 9 });
  });

  it('with large numbers that have an exponent, as its source lets some versions print them', () => {
    const text = WORN_BY_1.replace('1474968593', '1.474968593e+09').replace('38313', '38313.0');
    assert.deepEqual(parseSmartLog(text), parseSmartLog(WORN_BY_1));
  });

  it('of 128 bits is as large as can be told', () => {
    const log = parseSmartLog(
      QEMU_BY_2_3.replace('"media_errors":"0"', '"media_errors":"340282366920938463463"'),
    );
    assert.ok(Number.isSafeInteger(log?.mediaErrors));
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['no JSON', 'NVMe status: Invalid Field'],
    ['half of it', QEMU_BY_2_3.slice(0, 90)],
    ['another document', '{"error":"Permission denied"}'],
    ['a list', '[]'],
    ['numbers that are none', QEMU_BY_2_3.replace('"avail_spare":0', '"avail_spare":-1')],
    ['words for numbers', QEMU_BY_2_3.replace('"percent_used":0', '"percent_used":"many"')],
  ] as const)
    it(`is not read from ${what}`, () => assert.equal(parseSmartLog(text), null));
});
