// How Kafka is given another port: in `listeners`, and in `advertised.listeners` where its file has it. Its documentation,
// "Broker Configs". Only the port of the one listener for clients changes; where that cannot be told, it refuses.
import type { Setting } from '../../formats/format.ts';
import type { PortFacet } from '../configuration.ts';

const LISTENERS = 'listeners';
const ADVERTISED = 'advertised.listeners';

interface Listener {
  readonly name: string;
  /** Nothing: every address. */
  readonly host: string;
  readonly port: number;
}

export const listeners: PortFacet = {
  keys: [[LISTENERS], [ADVERTISED]],
  isAllTheySay: false,
  settings(port, found) {
    const last = (name: string) => found.findLast(({ key }) => key.join('.') === name)?.value;
    const roles = wordsIn(last('process.roles'));
    if (roles.length > 0 && !roles.includes('broker'))
      return refusal('a broker', 'a controller without clients', 'leave `port` out');
    const told = wordsIn(last(LISTENERS));
    if (told.length === 0 && roles.includes('controller'))
      return refusal(`${LISTENERS} with that of its controller`, 'none', `write ${LISTENERS} into its file`);
    const all = (told.length === 0 ? ['PLAINTEXT://:9092'] : told).map(listenerIn);
    const controllers = wordsIn(last('controller.listener.names'));
    const clients = all.filter((one) => one === null || !controllers.includes(one.name));
    const [client] = clients;
    if (client === undefined || client === null || clients.length > 1 || all.includes(null))
      return refusal(
        `one listener for clients in ${LISTENERS}, as PLAINTEXT://:9092`,
        told.join(','),
        `write the whole of it instead of the port: settings: { ${LISTENERS}: … }`,
      );
    const taken = all.find((one) => one !== null && one !== client && one.port === port);
    if (taken !== undefined && taken !== null)
      return refusal('a port of its own', `that of ${taken.name} in ${LISTENERS}`, 'choose another one');
    const advertised = wordsIn(last(ADVERTISED)).map(listenerIn);
    const outside = advertised.find((one) => one === null || one.name === client.name);
    // Something between it and its clients has the other port, and goes on with the old one here.
    if (outside === null || (outside !== undefined && ![client.port, port].includes(outside.port)))
      return refusal(
        `${ADVERTISED} with the port of ${LISTENERS}, ${client.port}`,
        wordsIn(last(ADVERTISED)).join(','),
        'change both in its file, and what is between it and its clients; leave `port` out',
      );
    const moved = (one: Listener | null) =>
      one === null ? '' : written(one.name === client.name ? { ...one, port } : one);
    const setting = (name: string, value: readonly (Listener | null)[]): Setting => ({
      key: [name],
      value: value.map(moved).join(','),
    });
    return [setting(LISTENERS, all), ...(outside === undefined ? [] : [setting(ADVERTISED, advertised)])];
  },
};

function refusal(want: string, found: string, hint: string) {
  return { want, found, hint };
}

function wordsIn(value: Setting['value'] | undefined): readonly string[] {
  return String(value ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** null: it is none that we understand, such as one with `${…}` in it. */
function listenerIn(text: string): Listener | null {
  const [, name, host, port] =
    /^([A-Za-z0-9_-]+):\/\/([^/$:]*|\[[0-9A-Fa-f:.%]+\]):(\d{1,5})$/.exec(text) ?? [];
  if (name === undefined || host === undefined || port === undefined) return null;
  return { name, host, port: Number(port) };
}

function written({ name, host, port }: Listener): string {
  return `${name}://${host}:${port}`;
}
