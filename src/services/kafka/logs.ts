// Which files of Kafka's are called like logs and are none, and what writes and rotates its own: its documentation, "Logging".
import type { LogsFacet } from '../logs.ts';
import { LIBRARY_FILES, ofMachine } from './log4j.ts';

export const logs: LogsFacet = {
  // A segment is called after its first offset, which Kafka writes with so many digits (`LogFileUtils`).
  dataNames: [{ digits: 20, ending: '.log' }],
  rotation: {
    by: 'library',
    beside: LIBRARY_FILES,
    named(words) {
      const found = words.findLast((word) => /^-Dlog4j(2\.configurationFile|\.configuration)=/.test(word));
      return found === undefined ? null : found.slice(found.indexOf('=') + 1).replaceAll('file:', '');
    },
    variable: 'KAFKA_LOG4J_OPTS',
    alsoBy: (words) => words.flatMap(ofMachine),
  },
};
