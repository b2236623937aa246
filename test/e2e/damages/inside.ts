// Damages inside the trees of services, and to what the program keeps beside them.
import type { Family } from './damage.ts';

const PART = '/data/jts/hot/kafka/data/part';

export const INSIDE: readonly Family[] = [
  {
    family: 'inside the trees',
    damages: [
      {
        name: 'data of a number that nobody has',
        by: `chown -R 4711:4711 ${PART}`,
        first: 'inside.kafka.owner',
        says: '4711:4711',
      },
      {
        name: 'a whole tree given away',
        by: 'chown -R 4711:4711 /data/jts/hot/clickhouse',
        first: 'directory.clickhouse',
        says: '4711:4711',
      },
      {
        name: 'a file that its owner cannot read',
        by: `chmod 0000 ${PART}/orders`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.mode',
        says: 'mode 0000',
      },
      {
        name: 'a directory that its owner cannot enter',
        by: `chmod 0600 ${PART}/deeper`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.mode',
        says: 'part/deeper',
        leaves: [
          '- ./jts/hot/kafka/data/part/deeper d 755 995:993 ',
          '+ ./jts/hot/kafka/data/part/deeper d 700 995:993 ',
        ],
      },
      {
        name: 'a file that everybody may write',
        by: `chmod 0646 ${PART}/deeper/rows`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.world-writable',
        says: 'part/deeper/rows',
      },
      {
        name: 'an immutable file',
        by: `chattr +i ${PART}/orders`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.flags',
        says: 'immutable',
        after: `chattr -i ${PART}/orders`,
      },
      {
        name: 'an access list that lets another service into data',
        by: `setfacl -m u:redis:rw ${PART}/orders`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.acl',
        says: 'part/orders',
      },
      {
        name: 'a program that runs as its owner',
        by: `chmod 4755 ${PART}/orders`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.setuid',
        says: 'part/orders',
        hint: 'look at it',
      },
      {
        name: 'a device among the data',
        by: `mknod ${PART}/disk b 7 0`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.device',
        says: 'part/disk',
        hint: 'who made it',
      },
      {
        name: "root's file with a name among the data",
        by: `echo x > /data/jts/hot/backup/file; ln /data/jts/hot/backup/file ${PART}/file`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.hard-links',
        says: 'part/file',
        hint: 'other names',
      },
      {
        name: 'something mounted among the data',
        by: `mount -t tmpfs tmpfs ${PART}/deeper`,
        ask: 'validate --deep kafka',
        first: 'inside.kafka.mount',
        says: 'part/deeper',
        hint: 'unmount it',
      },
    ],
  },
];
