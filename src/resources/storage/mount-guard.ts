// Drop-ins that keep a service's units from starting without its mount: they would begin anew in the directory below it. Written by all
// that guard a service, in the same words, into the same file. systemd.unit(5), RequiresMountsFor=.
import { type Layout, type Service, servicePath } from '../../layout/layout.ts';
import { UNIT_DIRECTORY } from '../../port/operations/unit.ts';
import { builtIn } from '../../services/index.ts';
import { isOurs, sign } from '../../values/signed.ts';
import { unitWord } from '../../values/unit-word.ts';
import type { FileWant } from '../file.ts';

const BY = { writer: 'jts-hot', removal: 'jts-hot rollback' };

export function guardPath(unit: string): string {
  return `${UNIT_DIRECTORY}/${unit}.d/jts-hot-mount.conf`;
}

/** `path`: the service's own directory. Whatever is mounted there or above it is required. */
export function guardText(path: string): string {
  return [
    '[Unit]',
    '# Not before its disk is mounted: it would start empty in the directory below.',
    `RequiresMountsFor=${unitWord(path)}`,
    '',
  ].join('\n');
}

export function guardOf(unit: string, path: string): FileWant {
  return {
    path: guardPath(unit),
    text: sign(guardText(path), BY),
    unit,
    purpose: 'it is not to start without its mount',
    isOurs,
  };
}

/** Of all units that may run one of the layout's services, also of those that are not installed yet. */
export function guards(layout: Layout): readonly FileWant[] {
  return layout.services.flatMap((service) =>
    unitsOf(service).map((unit) => guardOf(unit, servicePath(layout, service))),
  );
}

/** Of a service that we do not know nobody can say what its units are called. */
function unitsOf({ name }: Service): readonly string[] {
  const facet = builtIn(name)?.configuration;
  if (facet === undefined) return [];
  const [usual = ''] = facet.files;
  return [...new Set([...facet.units(usual), ...(facet.template === undefined ? [] : [facet.template])])];
}
