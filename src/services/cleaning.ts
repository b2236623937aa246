// Owns the built-in rules for cleaning, and which directories no rule may be about. Must not name a service.
import type { Directory, Layout, Service } from '../layout/layout.ts';
import { isForTemporary, mayBeCleaned, type Rule } from '../layout/rule.ts';
import { builtIn, builtInServices } from './index.ts';

/** What programs forgot to take away themselves. */
const temporary: Rule = {
  name: 'temporary',
  service: null,
  directory: null,
  pattern: '*.tmp',
  except: null,
  olderSeconds: 86_400,
  keep: 0,
  thing: 'file',
};

export const builtInRules: readonly Rule[] = [
  ...builtInServices.flatMap(({ name }) => builtIn(name)?.clean ?? []),
  temporary,
];

export function rulesOf({ clean }: Layout): readonly Rule[] {
  return clean ?? builtInRules;
}

/** Another role in a layout file does not make what a service keeps its data in a place to clean. */
export function holdsNoData(service: string, { name, role }: Pick<Directory, 'name' | 'role'>): boolean {
  const known = builtIn(service)?.layout.directories.find((one) => one.name === name);
  return mayBeCleaned(role) && (known === undefined || mayBeCleaned(known.role));
}

export interface Place {
  readonly service: Service;
  readonly directory: Directory;
}

/** Where a rule looks: none where the layout has left out its service. */
export function placesOf({ services }: Pick<Layout, 'services'>, rule: Rule): readonly Place[] {
  return services.flatMap((service) =>
    service.directories
      .filter((one) =>
        rule.service === null
          ? isForTemporary(one)
          : rule.service === service.name && rule.directory === one.name,
      )
      .filter((one) => holdsNoData(service.name, one))
      .map((directory) => ({ service, directory })),
  );
}
