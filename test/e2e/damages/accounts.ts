// Damages to users and groups, and to what accounts may see of each other.
import type { Family } from './damage.ts';

/** What was made anew stands in another line, and the account that took a number is still there. */
const GROUPS_AGAIN = ['changed /etc/group', 'changed /etc/gshadow'];
const USERS_AGAIN = ['changed /etc/passwd', 'changed /etc/shadow'];
const ACCOUNTS_AGAIN = [...GROUPS_AGAIN, ...USERS_AGAIN];

export const ACCOUNTS: readonly Family[] = [
  {
    family: 'accounts',
    damages: [
      {
        name: 'a user deleted',
        by: 'userdel kafka',
        first: 'group.kafka',
        says: 'missing',
        leaves: ACCOUNTS_AGAIN,
      },
      {
        name: 'a user deleted, its group kept',
        by: "sed -i '/^kafka:/d' /etc/passwd /etc/shadow",
        first: 'user.kafka',
        says: 'missing',
        leaves: USERS_AGAIN,
      },
      {
        name: 'a user deleted, and its number taken',
        by: "sed -i '/^kafka:/d' /etc/passwd /etc/shadow; useradd -r -o -u $(stat -c %u /data/jts/hot/kafka) -M -s /bin/false thief",
        first: 'user.kafka',
        says: 'missing',
        leaves: ACCOUNTS_AGAIN,
      },
      {
        name: 'a login shell',
        by: 'usermod --shell /bin/bash kafka',
        first: 'user.kafka.login-shell',
        says: '/bin/bash',
      },
      {
        name: 'no shell at all, which is /bin/sh',
        by: "usermod --shell '' kafka",
        first: 'user.kafka.login-shell',
        says: '/bin/sh',
      },
      {
        name: 'a user locked',
        by: 'usermod --expiredate 1 --lock kafka',
        first: 'user.kafka.locked',
        says: 'locked',
      },
      {
        name: 'a wrong home',
        by: 'usermod --home /home/kafka kafka',
        first: 'user.kafka.other-home',
        says: '/home/kafka',
      },
      {
        name: 'a home in the directory of another service',
        by: 'usermod --home /data/jts/hot/redis kafka',
        first: 'user.kafka.other-home',
        says: '/data/jts/hot/redis',
      },
      {
        name: 'a home where everybody may write',
        by: 'usermod --home /tmp kafka',
        first: 'user.kafka.other-home',
        says: '/tmp',
      },
      {
        name: 'a deletion that was cut short',
        by: 'usermod --home /nonexistent/being-deleted-by-jts-hot kafka',
        first: 'user.kafka',
        says: 'cut short',
      },
      {
        name: 'a service user with uid 0',
        by: "sed -i 's/^kafka:x:[0-9]*/kafka:x:0/' /etc/passwd",
        first: 'user.kafka',
        says: 'uid 0',
      },
      {
        name: 'another account with the uid',
        by: 'useradd --no-create-home --home-dir /nonexistent --non-unique --uid $(id -u kafka) intruder',
        first: 'user.kafka.shared-uid',
        says: 'is also intruder',
        leaves: ACCOUNTS_AGAIN,
      },
      {
        name: 'two services with one uid',
        by: 'sed -i "s/^redis:x:[0-9]*/redis:x:$(id -u kafka)/" /etc/passwd',
        first: 'user.kafka.shared-uid',
        says: 'is also redis',
      },
    ],
  },
  {
    family: 'groups',
    damages: [
      {
        name: 'a group missing',
        by: "sed -i '/^kafka:/d' /etc/group /etc/gshadow",
        first: 'group.kafka',
        says: 'missing',
        leaves: GROUPS_AGAIN,
      },
      {
        name: 'a group renamed',
        by: 'groupmod --new-name thief kafka',
        first: 'group.kafka',
        says: 'missing',
        leaves: GROUPS_AGAIN,
      },
      {
        name: 'a stolen gid',
        by: 'groupadd --non-unique --gid $(id -g kafka) thief',
        first: 'group.kafka.shared-gid',
        says: 'is also thief',
        leaves: GROUPS_AGAIN,
      },
      {
        name: 'a supplementary group: that of another service',
        by: 'gpasswd --add redis kafka',
        first: 'user.redis.groups',
        says: 'member of kafka',
      },
      {
        name: 'a supplementary group that is as good as root',
        by: 'gpasswd --add redis disk',
        first: 'user.redis.groups',
        says: 'every file',
      },
      {
        name: 'several groups at once',
        by: 'usermod --append --groups disk,docker,kafka redis',
        first: 'user.redis.groups',
        says: 'member of',
      },
      {
        name: 'a wrong primary group',
        by: 'usermod --gid users kafka',
        first: 'user.kafka.other-group',
        says: 'want kafka',
      },
      {
        name: 'a primary group of another service',
        by: 'usermod --gid redis kafka',
        first: 'user.kafka.groups',
        says: 'the files of redis',
      },
    ],
  },
  {
    family: 'isolation',
    damages: [
      {
        name: 'an access list lets another service in',
        by: 'setfacl -m u:redis:rx /data/jts/hot/kafka',
        first: 'acl.kafka',
        says: 'redis',
      },
      {
        name: 'an access list lets the group of another service in',
        by: 'setfacl -m g:redis:rx /data/jts/hot/kafka',
        first: 'acl.kafka',
        says: 'redis',
      },
      {
        name: 'a directory of a service open to all',
        by: 'chmod o+rx /data/jts/hot/kafka',
        first: 'directory.kafka',
        says: '0755',
      },
      {
        name: 'a directory of a service that all can enter',
        by: 'chmod o+x /data/jts/hot/kafka',
        first: 'directory.kafka',
        says: '0751',
      },
    ],
  },
];
