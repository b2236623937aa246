// What dockerd is told so that it keeps its data on the hot tier. Its options: dockerd(8).
import type { ConfigurationFacet } from '../configuration.ts';
import { checker } from './checker.ts';
import { present } from './present-data.ts';

export const configuration: ConfigurationFacet = {
  format: 'json',
  settings: ({ own }) => [
    { key: ['data-root'], value: own, comment: null, isHint: false },
    { key: ['log-driver'], value: 'json-file', comment: null, isHint: false },
    // Of containers made from then on; values are text.
    { key: ['log-opts', 'max-size'], value: '10m', comment: null, isHint: false },
    { key: ['log-opts', 'max-file'], value: '5', comment: null, isHint: false },
  ],
  further: { port: null, below: [], refused: {}, ofWords: [] },
  dataKey: ['data-root'],
  present,
  checker,
  firstStart: null,
  files: ['/etc/docker/daemon.json'],
  into: { as: 'edit', isMadeWhenMissing: true },
  units: () => ['docker.service'],
  unit: {
    limits: { LimitNOFILE: null, LimitNPROC: null },
    timeoutStopSeconds: null,
    environment: () => ({}),
  },
  process: { commands: ['dockerd'], argument: null, data: ['/volumes/metadata.db'] },
  notInPaths: [],
};
