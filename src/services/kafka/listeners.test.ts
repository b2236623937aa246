// Another port for Kafka: what its file says of listeners, and what becomes of it or why it is left alone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { properties } from '../../formats/properties.ts';
import { listeners } from './listeners.ts';

/** As its package has it, for a broker that is its own controller. */
const PACKAGED = `process.roles=broker,controller
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
`;

function moved(text: string, port = 19092): string {
  const given = listeners.settings(port, properties.read(text));
  if ('want' in given) return `refused: want ${given.want}, found ${given.found}`;
  return properties.edit(text, given);
}

const TABLE: readonly (readonly [string, string, string])[] = [
  ['no file', '', 'listeners=PLAINTEXT://:19092\n'],
  [
    'a broker that is its own controller: the clients’ listener and what it advertises of it, and nothing else',
    PACKAGED,
    PACKAGED.replaceAll('9092', '19092'),
  ],
  [
    'a broker whose listeners are not said',
    'process.roles=broker\n',
    'process.roles=broker\nlisteners=PLAINTEXT://:19092\n',
  ],
  ['an address', 'listeners=SSL://[::1]:9092\n', 'listeners=SSL://[::1]:19092\n'],
  [
    'several lines',
    'listeners=A://h:1,\\\n  C://:2\ncontroller.listener.names=C\n',
    'listeners=A://h:19092,C://:2\ncontroller.listener.names=C\n',
  ],
  [
    'the port that it has, advertised outside by another name',
    'listeners=A://0.0.0.0:19092\nadvertised.listeners=A://kafka.example.org:19092\n',
    'listeners=A://0.0.0.0:19092\nadvertised.listeners=A://kafka.example.org:19092\n',
  ],
  [
    'two listeners for clients',
    'listeners=PLAINTEXT://:9092,SSL://:9094\n',
    'refused: want one listener for clients in listeners, as PLAINTEXT://:9092, found PLAINTEXT://:9092,SSL://:9094',
  ],
  [
    'a listener from the environment',
    `listeners=PLAINTEXT://:\${env:PORT}\n`,
    `refused: want one listener for clients in listeners, as PLAINTEXT://:9092, found PLAINTEXT://:\${env:PORT}`,
  ],
  [
    'the port of its controller',
    PACKAGED.replace('9093,', '').replaceAll('9093', '19092'),
    'refused: want a port of its own, found that of CONTROLLER in listeners',
  ],
  [
    'another port outside than here',
    'listeners=PLAINTEXT://:9092\nadvertised.listeners=PLAINTEXT://kafka.example.org:443\n',
    'refused: want advertised.listeners with the port of listeners, 9092, found PLAINTEXT://kafka.example.org:443',
  ],
  [
    'a controller alone',
    'process.roles=controller\nlisteners=CONTROLLER://:9093\n',
    'refused: want a broker, found a controller without clients',
  ],
  [
    'a controller whose listeners are not said',
    'process.roles=broker,controller\n',
    'refused: want listeners with that of its controller, found none',
  ],
];

for (const [what, before, after] of TABLE)
  it(`${what}: ${after.startsWith('refused') ? 'refused' : 'moved'}`, () => {
    assert.equal(moved(before), after);
    if (!after.startsWith('refused')) assert.equal(moved(after), after);
  });
