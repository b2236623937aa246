// Owns which languages there are. Each is loaded when it is asked for, with the library that it takes, if any.
import type { Format, FormatName } from './format.ts';

const FORMATS = {
  postgresql: async () => (await import('./postgresql.ts')).postgresql,
  redis: async () => (await import('./redis.ts')).redis,
  properties: async () => (await import('./properties.ts')).properties,
  yaml: async () => (await import('./yaml.ts')).yaml,
  json: async () => (await import('./json.ts')).json,
  xml: async () => (await import('./xml.ts')).xml,
  export: async () => (await import('./environment.ts')).exported,
  dotenv: async () => (await import('./environment.ts')).dotenv,
  systemd: async () => (await import('./environment.ts')).systemd,
} as const satisfies Record<FormatName, () => Promise<Format>>;

export function loadFormat(name: FormatName): Promise<Format> {
  return FORMATS[name]();
}
