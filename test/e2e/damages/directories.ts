// Damages to the layout's own directories: what is in their place, their modes, owners, access lists and flags.
import type { Damage, Family } from './damage.ts';

const KAFKA = '/data/jts/hot/kafka';

function mode(name: string, bits: string, at = 'kafka', more: Partial<Damage> = {}): Damage {
  return {
    name,
    by: `chmod ${bits} /data/jts/hot/${at}`,
    first: `directory.${at}`,
    says: bits.padStart(4, '0'),
    ...more,
  };
}

export const DIRECTORIES: readonly Family[] = [
  {
    family: 'directories',
    damages: [
      {
        name: 'an empty directory removed',
        by: `rmdir ${KAFKA}/logs`,
        first: 'directory.kafka/logs',
        says: 'missing',
      },
      {
        name: 'a directory moved away',
        by: `mv ${KAFKA} ${KAFKA}.old`,
        first: 'directory.kafka',
        says: 'kafka.old',
      },
      {
        name: 'a part moved away',
        by: `mv ${KAFKA}/data ${KAFKA}/data.old`,
        first: 'directory.kafka/data',
        says: 'data.old',
      },
      {
        name: 'two services swapped',
        by: `mv ${KAFKA} /data/jts/hot/x; mv /data/jts/hot/redis ${KAFKA}; mv /data/jts/hot/x /data/jts/hot/redis`,
        first: 'directory.kafka',
        says: 'redis',
      },
      {
        name: 'a file in the place of a directory',
        by: `rmdir ${KAFKA}/logs; echo note > ${KAFKA}/logs`,
        first: 'directory.kafka/logs',
        says: 'a file',
        leaves: ['+ ./jts/hot/kafka-logs.other f 644 0:0 '],
      },
      {
        name: 'a link in the place of a directory, to where the data is now',
        by: `mv ${KAFKA}/data ${KAFKA}/elsewhere; ln -s elsewhere ${KAFKA}/data`,
        first: 'directory.kafka/data',
        says: 'a symbolic link to elsewhere',
        leaves: ['+ ./jts/hot/kafka-data.other l 777 0:0 elsewhere'],
      },
      {
        name: 'a link that leads nowhere',
        by: `rmdir ${KAFKA}/logs; ln -s /nowhere ${KAFKA}/logs`,
        first: 'directory.kafka/logs',
        says: 'a symbolic link',
        leaves: ['+ ./jts/hot/kafka-logs.other l 777 0:0 /nowhere'],
      },
    ],
  },
  {
    family: 'special files',
    damages: ['mkfifo', 'mknod -m 600 $0 b 7 0; true'].map((_, i) => ({
      name: i === 0 ? 'a pipe in the place of a directory' : 'a device in the place of a directory',
      by: `rmdir ${KAFKA}/logs; ${i === 0 ? `mkfifo ${KAFKA}/logs` : `mknod ${KAFKA}/logs b 7 0`}`,
      first: 'directory.kafka/logs',
      says: 'device, socket or pipe',
      leaves: [`+ ./jts/hot/kafka-logs.other ${i === 0 ? 'p' : 'b'} 644 0:0 `],
    })),
  },
  {
    family: 'modes',
    damages: [
      mode('a mode open to all', '0777'),
      mode('a mode without any right', '0000'),
      mode('a sticky directory', '1750'),
      mode('a setgid directory', '2750'),
      mode('a setuid directory', '4777'),
      mode('a directory of a service without x', '0640'),
      mode('a part that its owner cannot write', '0550', 'kafka/data'),
      mode('a part that its owner cannot enter', '0600', 'kafka/data'),
      mode('a part open to all', '0777', 'kafka/data'),
      mode("PostgreSQL's data open to others, which it refuses", '0755', 'postgresql/data'),
      { name: 'the base open to all', by: 'chmod 0777 /data/jts/hot', first: 'directory.base', says: '0777' },
      { name: 'the base closed', by: 'chmod 0700 /data/jts/hot', first: 'directory.base', says: '0700' },
    ],
  },
  {
    family: 'owners',
    damages: [
      {
        name: 'a directory given to root',
        by: `chown root:root ${KAFKA}`,
        first: 'directory.kafka',
        says: 'root:root',
      },
      {
        name: 'data given to a number that nobody has',
        by: `chown 4711:4711 ${KAFKA}/data`,
        first: 'directory.kafka/data',
        says: '4711',
      },
      {
        name: 'a directory given to another service',
        by: `chown redis:redis ${KAFKA}/data`,
        first: 'directory.kafka/data',
        says: 'redis',
      },
      {
        name: 'a wrong group',
        by: `chgrp root ${KAFKA}/data`,
        first: 'directory.kafka/data',
        says: 'kafka:root',
      },
      {
        name: 'the base given to a service',
        by: 'chown kafka:kafka /data/jts/hot',
        first: 'directory.base',
        says: 'kafka',
      },
    ],
  },
  {
    family: 'ACLs',
    damages: [
      {
        name: 'an access list that lets another service write',
        by: `setfacl -m u:redis:rwx ${KAFKA}`,
        first: 'acl.kafka',
        says: 'redis',
      },
      {
        name: 'an access list for what is made in a directory',
        by: `setfacl -d -m u:redis:rx ${KAFKA}/data`,
        first: 'acl.kafka/data',
        says: 'redis',
      },
      {
        name: 'an access list for a number that nobody has',
        by: `setfacl -m u:4711:rwx ${KAFKA}/data`,
        first: 'acl.kafka/data',
        says: '4711',
      },
      {
        name: 'an access list that takes the group its rights',
        by: `setfacl -m u:nobody:r,m::- ${KAFKA}`,
        first: 'acl.kafka',
        says: 'access control list',
      },
      {
        name: 'an access list on the base',
        by: 'setfacl -m u:kafka:rwx /data/jts/hot',
        first: 'acl.base',
        says: 'kafka',
      },
      {
        name: 'an access list on the way to the base',
        by: 'setfacl -m u:kafka:rwx /data/jts',
        first: 'acl./data/jts',
        says: 'kafka',
      },
    ],
  },
  {
    family: 'flags',
    damages: [
      {
        name: 'an immutable part',
        by: `chattr +i ${KAFKA}/data`,
        first: 'flag.kafka/data',
        says: 'immutable',
        after: `chattr -i ${KAFKA}/data`,
      },
      {
        name: 'an append-only part',
        by: `chattr +a ${KAFKA}/logs`,
        first: 'flag.kafka/logs',
        says: 'append-only',
        after: `chattr -a ${KAFKA}/logs`,
      },
      {
        name: 'an immutable directory of a service',
        by: `chattr +i ${KAFKA}`,
        first: 'flag.kafka',
        says: 'immutable',
        after: `chattr -i ${KAFKA}`,
      },
      {
        name: 'an immutable base',
        by: 'chattr +i /data/jts/hot',
        first: 'flag.base',
        says: 'immutable',
        after: 'chattr -i /data/jts/hot',
      },
      {
        name: 'a wrong mode, and immutable',
        by: `chmod 0777 ${KAFKA}; chattr +i ${KAFKA}`,
        first: 'flag.kafka',
        says: 'immutable',
        after: `chattr -i ${KAFKA}`,
      },
    ],
  },
];
