// Damages to what the program itself keeps on a host: the regular runs (of cron: no systemd runs here), and the history.
import type { Family } from './damage.ts';

const TABLE = '/etc/cron.d/jts-hot';
const ROTATION = '/etc/logrotate.d/jts-hot';
const PROGRAMS = '/usr/local/libexec/jts-hot';
/** Of this test's overlay, which moves no directory that was prepared. */
const COPY_AGAIN = `cd ${PROGRAMS}; copy=$(readlink current); cp -a $copy again; rm -rf $copy; mv again $copy`;
const HISTORY = '/var/lib/jts-hot/history';

export const KEPT: readonly Family[] = [
  {
    family: 'schedule',
    damages: [
      {
        name: 'the cron table removed',
        by: `rm ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'missing',
      },
      {
        name: 'the cron table emptied',
        by: `: > ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'edited',
      },
      {
        name: 'a regular run commented out',
        by: `sed -i '/ validate /s/^/# /' ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'edited',
      },
      {
        name: 'a regular run at another hour',
        by: `sed -i 's/^30 6 /30 7 /' ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'edited',
        warns: true,
      },
      {
        name: 'the cron table open to all',
        by: `chmod 0666 ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'mode 0666',
      },
      {
        name: 'the cron table given to a service',
        by: `chown kafka:kafka ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'mode 0644',
      },
      {
        name: 'a link in the place of the cron table',
        by: `ln -sf /dev/null ${TABLE}`,
        first: `schedule.${TABLE}`,
        says: 'a symbolic link',
        leaves: [`created ${TABLE}.disabled`],
      },
      {
        name: 'the directory of cron tables open to all',
        by: 'chmod 0777 /etc/cron.d',
        first: 'schedule./etc/cron.d',
        says: '0777',
      },
      {
        name: 'the file of log rotation removed',
        by: `rm ${ROTATION}`,
        first: `schedule.${ROTATION}`,
        says: 'missing',
      },
      {
        name: 'both files removed but for the log rotation, which is cut short',
        by: `rm ${TABLE}; sed -i '$d' ${ROTATION}`,
        first: `schedule.${TABLE}`,
        says: 'missing',
      },
      {
        name: 'all files of the schedule removed, and the program with them',
        by: `rm -r ${TABLE} ${ROTATION} ${PROGRAMS}`,
        first: 'schedule',
        says: 'none of their files',
      },
      {
        name: 'the program that cron calls: a byte of it changed',
        by: `${COPY_AGAIN}; printf x >> current/dist/jts-hot.js`,
        ask: 'validate --deep',
        first: 'schedule.program',
        says: 'not as it was copied',
      },
      {
        name: 'the program that cron calls: its link removed',
        by: `rm ${PROGRAMS}/current`,
        first: 'schedule.program',
        says: 'no link',
      },
      {
        name: 'the program that cron calls: its Node.js removed',
        by: `${COPY_AGAIN}; rm current/bin/node`,
        first: 'schedule.program',
        says: 'bin/node',
      },
      {
        name: 'the program that cron calls open to all',
        by: `${COPY_AGAIN}; chmod 0777 current/bin/jts-hot`,
        first: 'schedule.program',
        says: 'others can change',
      },
    ],
  },
  {
    family: 'history',
    damages: [
      {
        name: 'the first bytes of the history overwritten',
        by: `dd if=/dev/zero of=${HISTORY}/history.db bs=100 count=1 conv=notrunc 2>/dev/null`,
        first: 'history',
        says: 'not a database',
        leaves: [`+ ${HISTORY}/history-TIME-damaged.db f 600 0:0`],
      },
      {
        name: 'a text in the place of the history',
        by: `echo nothing > ${HISTORY}/history.db`,
        first: 'history',
        says: 'not a database',
        leaves: [`+ ${HISTORY}/history-TIME-damaged.db f 600 0:0`],
      },
      {
        name: 'the tables of the history damaged',
        by: `dd if=/dev/urandom of=${HISTORY}/history.db bs=1k seek=1 count=60 conv=notrunc 2>/dev/null`,
        first: 'history',
        says: 'malformed',
        leaves: [`+ ${HISTORY}/history-TIME-damaged.db f 600 0:0`],
      },
      {
        name: 'a directory in the place of the history',
        by: `rm ${HISTORY}/history.db; mkdir ${HISTORY}/history.db`,
        first: 'history',
        says: 'something else in its place',
        leaves: [`+ ${HISTORY}/history-TIME-foreign.db d 755 0:0`],
      },
      {
        name: 'a link in the place of the history',
        by: `mv ${HISTORY}/history.db /var/tmp/history.db; ln -s /var/tmp/history.db ${HISTORY}/history.db`,
        first: 'history',
        says: 'something else in its place',
        leaves: [`+ ${HISTORY}/history-TIME-foreign.db l 777 0:0`, 'created /var/tmp/history.db'],
      },
      {
        name: 'the history open to all',
        by: `chmod 0666 ${HISTORY}/history.db`,
        first: 'history',
        says: '0666',
      },
      {
        name: 'the history given to a service',
        by: `chown kafka:kafka ${HISTORY}/history.db`,
        first: 'history',
        says: '0600',
      },
      {
        name: 'the directory of the history open to all',
        by: `chmod 0777 ${HISTORY}`,
        first: 'history',
        says: '0777',
      },
      {
        name: 'the directory of the history given to a service, with all in it',
        by: `chown -R kafka:kafka ${HISTORY}; chmod 0755 ${HISTORY}`,
        first: 'history',
        says: '0755',
      },
    ],
  },
];
