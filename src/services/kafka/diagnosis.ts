// What Kafka says where a broker does not start. Seen of Kafka 4.4, without ZooKeeper.
import type { DiagnosisFacet } from '../diagnosing.ts';

const VERSIONS = 'Kafka 4.4';

export const diagnosis: DiagnosisFacet = {
  logs: ['/opt/kafka/logs/server.log', '/var/log/kafka/server.log'],
  isUp: /Kafka Server started/,
  meanings: [
    {
      id: 'stray',
      says: /Found directory (?<path>\S+), '(?<name>[^']+)' is not in the form of topic-partition/,
      versions: VERSIONS,
      means: 'something that is no partition lies among its data, and it refuses to start with that: {path}',
      checks: [],
      hint: 'move it elsewhere; lost+found is no place for data: log.dirs must be a directory below the mount point',
    },
    {
      id: 'other-node',
      says: /Stored node id (?<stored>\d+) doesn't match previous node id (?<told>\d+) in (?<file>\S+?)\.? /,
      versions: VERSIONS,
      means: 'its data is that of node {stored}, and it was told to be node {told}',
      checks: [],
      hint: 'set node.id back, or restore the data of this node; never delete {file}',
    },
    {
      id: 'closed',
      says: /AccessDeniedException: (?<path>\S+)/,
      versions: VERSIONS,
      means: 'its user may not open {path}',
      checks: ['directory.kafka/data', 'directory.kafka', 'inside.kafka', 'write.kafka'],
      fix: 'sudo jts-hot repair {service} --recursive',
      hint: 'see first that it is all meant to be its user’s: sudo jts-hot validate --deep {service}',
    },
    {
      id: 'not-formatted',
      says: /No readable meta\.properties files found/,
      versions: VERSIONS,
      means: 'its directory of data was not formatted, or is not there',
      checks: ['directory.kafka/data', 'directory.kafka', 'service.kafka.place'],
      hint: 'on an empty one: sudo jts-hot config kafka --init',
    },
  ],
};
