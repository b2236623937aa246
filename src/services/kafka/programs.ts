// Where the programs and libraries of a Kafka are: as it is downloaded, below /opt, or of a package. Must not start any.
import type { AskHands } from '../backing-up.ts';

type Hands = Pick<AskHands, 'programIfThere' | 'program' | 'run'>;

const PLACES = [
  '/opt/kafka/bin',
  '/opt/kafka*/bin',
  '/usr/local/kafka*/bin',
  '/usr/share/kafka/bin',
  '/usr/bin',
];

export const INSTALL = 'the scripts of Apache Kafka (kafka-server-start.sh), in /opt/kafka/bin or /usr/bin';

/** `kafka-server-start`: with `.sh` as it is downloaded, without in most packages. */
export function scriptPaths(name: string): readonly string[] {
  return PLACES.flatMap((place) => [
    `${place}/${name}.sh`,
    ...(place === '/usr/bin' ? [`${place}/${name}`] : []),
  ]);
}

/** By the name of its library; null: nobody can tell. */
export async function versionOf(hands: Hands): Promise<string | null> {
  const script = hands.programIfThere(scriptPaths('kafka-server-start'));
  const find = hands.programIfThere(['/usr/bin/find', '/bin/find']);
  if (script === null || find === null) return null;
  const home = script.replace(/\/bin\/[^/]*$/, '');
  const libraries = home === '/usr' ? '/usr/share/java/kafka/' : `${home}/libs/`;
  try {
    const found = await hands.run([
      find,
      libraries,
      '-maxdepth',
      '1',
      '-name',
      'kafka-clients-*.jar',
      '-printf',
      '%f\\n',
    ]);
    return /^kafka-clients-(\d[\w.-]*?)\.jar$/m.exec(found)?.[1] ?? null;
  } catch {
    return null;
  }
}
