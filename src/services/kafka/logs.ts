// Which files of Kafka's are called like logs and are none.
import type { NumberedName } from '../../values/numbered-name.ts';

/** A segment is called after its first offset, which Kafka writes with so many digits (`LogFileUtils`). */
export const dataNames: readonly NumberedName[] = [{ digits: 20, ending: '.log' }];
