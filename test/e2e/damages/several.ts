// Damages of which one act does many, or that come together: what people really do to a host.
import type { Family } from './damage.ts';

const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
/** All but what the file system has for itself. */
const SERVICES = `$(ls -d ${BASE}/* | grep -v lost+found)`;
const ACCOUNTS_AGAIN = ['/etc/group', '/etc/gshadow', '/etc/passwd', '/etc/shadow'].map(
  (path) => `changed ${path}`,
);

export const SEVERAL: readonly Family[] = [
  {
    family: 'several at once',
    damages: [
      {
        name: 'all below the base given to root',
        by: 'chown -R root:root /data/jts',
        first: 'directory.postgresql',
        says: 'root:root',
      },
      {
        name: 'all services opened to somebody by lists',
        by: `setfacl -R -m u:nobody:rwX ${SERVICES}`,
        first: 'acl.postgresql',
        says: 'nobody',
      },
      {
        name: 'a whole tree made immutable',
        by: `chattr -R +i ${KAFKA}`,
        first: 'flag.kafka',
        says: 'immutable',
        after: `chattr -R -i ${KAFKA}`,
      },
      {
        name: 'the directories of all services open to all',
        by: `chmod 0777 ${BASE} ${SERVICES}`,
        first: 'directory.base',
        says: '0777',
      },
      {
        name: 'a directory brought back with tar, as root',
        by: `cd ${BASE}; tar -cf /tmp/k.tar redis; rm -r redis; tar --no-same-owner --no-same-permissions -xf /tmp/k.tar; rm /tmp/k.tar; chmod 600 redis/data/part/orders`,
        first: 'directory.redis',
        says: 'root:root',
      },
      {
        name: 'an empty directory of root in the place of one with data',
        by: `mv ${KAFKA} ${KAFKA}.bak; mkdir -p ${KAFKA}/data ${KAFKA}/logs; chmod -R 0777 ${KAFKA}`,
        first: 'directory.kafka',
        says: 'kafka.bak beside it',
        leaves: ['', '/data', '/logs'].map((part) => `+ ./jts/hot/kafka.other${part} d 777 0:0 `),
      },
      {
        name: 'another service has the tree, and is in the group',
        by: `chown -R redis:redis ${KAFKA}; gpasswd --add redis kafka`,
        first: 'directory.kafka',
        says: 'redis:redis',
        things: 2,
      },
      {
        name: 'a user deleted, its directory open to all, the cron table removed',
        by: `userdel kafka; chmod 0777 ${KAFKA}; rm /etc/cron.d/jts-hot`,
        first: 'group.kafka',
        says: 'missing',
        things: 3,
        leaves: ACCOUNTS_AGAIN,
      },
      {
        name: 'read-only, and a wrong mode',
        by: `chmod 0777 ${KAFKA}; mount -o remount,ro ${BASE}`,
        first: 'disk.writable',
        says: 'read-only',
        things: 2,
        after: `mount -o remount,rw ${BASE}`,
      },
      {
        name: 'the disk unmounted, and a new tree in its place',
        by: `umount ${BASE}; mkdir -p ${KAFKA}/data; echo new > ${KAFKA}/data/orders; chmod 0777 ${BASE}`,
        first: 'disk.base',
        says: 'mounted at /',
        // Below the mount point, where the disk hides it again.
        leaves: [`created ${KAFKA}`, `created ${KAFKA}/data`],
      },
      {
        name: 'the directory of another service mounted over a part, and its user in the group',
        by: `mount --bind ${BASE}/redis/data ${KAFKA}/data; gpasswd --add redis kafka`,
        first: 'directory.kafka/data',
        says: 'mount point',
        things: 2,
      },
      {
        name: 'all that the program keeps removed',
        by: 'rm -r /var/lib/jts-hot',
        first: 'disk.record',
        says: 'nothing on record',
        leaves: [
          '- /var/lib/jts-hot/history d 700 0:0',
          '- /var/lib/jts-hot/history/history.db f 600 0:0',
          '- /var/lib/jts-hot/history/lock f 600 0:0',
        ],
      },
      {
        name: 'the name services do not look into the files',
        by: "sed -i 's/^passwd:.*/passwd: nonsense/' /etc/nsswitch.conf",
        first: 'user.postgres',
        says: 'not found by the name services',
        hint: '/etc/nsswitch.conf',
      },
      {
        name: 'a line of a user that cannot be read',
        by: "sed -i 's/^kafka:x:[0-9]*:/kafka:x:abc:/' /etc/passwd",
        first: 'user.kafka',
        says: 'cannot be read',
        hint: 'vipw',
      },
    ],
  },
];
