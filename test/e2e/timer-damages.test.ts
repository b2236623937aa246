// Damages to the timers of a booted host: validate names each first, and what it prints, typed, mends it. Those that need no
// systemd are in damages/.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Check } from '../../src/checks/check.ts';
import { requires } from '../requirement.ts';
import { type BootedHost, bootHost } from './booted-host.ts';
import { describe } from './product.ts';
import { REPOSITORY } from './throwaway-host.ts';

const PLACE = '/opt/jts-hot';
const PARTS = ['bin', 'dist', 'node_modules', 'package.json'] as const;
const COMMAND = '/usr/local/bin/jts-hot';
const PREPARE = `
  mkdir -p ${PLACE}/bin ${PLACE}/dist ${PLACE}/node_modules; touch ${PLACE}/package.json
  rm -f ${COMMAND} /etc/cron.d/jts-hot /etc/logrotate.d/jts-hot /etc/systemd/system/jts-hot*
  ln -s ${PLACE}/bin/jts-hot ${COMMAND}`;
const UNITS = '/etc/systemd/system';
const TIMER = 'jts-hot-look.timer';
const FILE = `${UNITS}/${TIMER}`;
const SERVICE = `${UNITS}/jts-hot-look.service`;

interface Row {
  readonly by: string;
  readonly first: string;
}

const ROWS: readonly Row[] = [
  { by: `systemctl stop ${TIMER}`, first: TIMER },
  { by: `systemctl disable --now ${TIMER}`, first: TIMER },
  { by: `systemctl disable --now ${TIMER} jts-hot-record.timer`, first: 'jts-hot-record.timer' },
  { by: `rm ${FILE}; systemctl daemon-reload`, first: FILE },
  { by: `rm ${UNITS}/jts-hot-*; systemctl daemon-reload`, first: `${UNITS}/jts-hot-record.service` },
  { by: `chmod 0666 ${SERVICE}`, first: SERVICE },
  { by: `sed -i 's#^ExecStart=.*#ExecStart=/bin/true#' ${SERVICE}; systemctl daemon-reload`, first: SERVICE },
  {
    by: `systemctl stop ${TIMER}; ln -sf /dev/null ${FILE}; systemctl daemon-reload`,
    first: FILE,
  },
  // Nothing but the record of runs says that it was there.
  {
    by: `systemctl disable --now $(ls ${UNITS} | grep '^jts-hot.*timer$'); rm ${UNITS}/jts-hot-* /etc/logrotate.d/jts-hot; systemctl daemon-reload`,
    first: '',
  },
];

function sh(host: BootedHost, script: string): void {
  const result = host.run(['sh', '-euc', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
}

/** Of the schedule, causes first. */
function told(host: BootedHost): readonly Check[] {
  const { checks } = JSON.parse(host.run([COMMAND, 'validate', '-j']).stdout).result;
  return (checks as readonly Check[]).filter(
    ({ id, status, because }) => /^schedule\b/.test(id) && status === 'fail' && because === null,
  );
}

it('damages to timers are named first, and mended by what is printed', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'systemd-nspawn')) return;
  using host = bootHost({
    prepare: PREPARE,
    binds: Object.fromEntries(PARTS.map((part) => [`${PLACE}/${part}`, `${REPOSITORY}/${part}`])),
  });
  sh(host, `${COMMAND} setup && ${COMMAND} schedule --systemd --install`);
  assert.deepEqual(told(host), []);
  for (const { by, first } of ROWS) {
    sh(host, by);
    const [found] = told(host);
    assert.equal(found?.id, first === '' ? 'schedule' : `schedule.${first}`, by);
    sh(host, found?.fix ?? 'no fix');
    assert.deepEqual(told(host), [], by);
    sh(host, `systemctl is-active ${TIMER} && systemctl is-enabled ${TIMER}`);
  }
});
