// `jts-hot spec`: the effective layout, checked, and the JSON Schema of the file.

import { RECOMMENDED_BYTES } from '../checks/preflight.ts';
import type { Loaded } from '../command/load.ts';
import { isReadableOnTheWay, isSecretAddress } from '../layout/channel.ts';
import { plannedTotalBytes, undeclaredSharers } from '../layout/layout.ts';
import type { Monitoring } from '../layout/monitoring.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { RESERVE } from '../space/room.ts';
import type { SpecSummary } from './spec-document.ts';

type Warning = SpecSummary['warnings'][number];

export function summariseSpec({ layout, monitoring, file }: Pick<Loaded, 'layout' | 'monitoring' | 'file'>): {
  exitCode: number;
  result: SpecSummary;
} {
  const plannedBytes = plannedTotalBytes(layout);
  const neededBytes = Math.ceil(plannedBytes / (1 - RESERVE));
  const tight = {
    id: 'space.planned',
    expected: 'room for the file system itself and a reserve of 5 %',
    found: 'a plan that a recommended disk of 4 TB cannot give',
  };
  const shared = undeclaredSharers(layout).map(({ name, user }) => ({
    id: `user.${user}.services`,
    expected: 'a user of one service, or sharesUser: true',
    found: `${name} runs as another service's user`,
  }));
  const warnings = [
    ...(neededBytes > RECOMMENDED_BYTES ? [tight] : []),
    ...shared,
    ...exposedSecrets(monitoring),
  ];
  const services = [...monitoring.services].map(([service, levels]) => ({ service, ...levels }));
  return {
    exitCode: EXIT.ok,
    result: {
      file,
      spec: layout,
      monitoring: { ...monitoring, services },
      plannedBytes,
      neededBytes,
      warnings,
    },
  };
}

/** Secrets that others than the receiver can read. What an address in a file contains is not known here. */
function exposedSecrets({ alerts }: Monitoring): readonly Warning[] {
  return alerts.channels.flatMap((channel) => {
    if (channel.type !== 'webhook' || typeof channel.url !== 'string') return [];
    const { name, url, token } = channel;
    const shown = {
      id: `alerts.${name}.url`,
      expected: 'an address that is a secret itself in a file of its own: url-file',
      found: 'one in the layout file, which is shown and copied',
    };
    const sent = {
      id: `alerts.${name}.token`,
      expected: 'an address that begins with https://',
      found: 'http://, on which the token can be read on its way',
    };
    return [
      ...(isSecretAddress(url) ? [shown] : []),
      ...(token !== null && isReadableOnTheWay(url) ? [sent] : []),
    ];
  });
}
