// Owns the tables of docs/tuning.md: what services wish of the kernel, and what comes of wishes that contradict each other. Must not
// know a service.
import { type Asked, askedOfKernel, builtInServices } from '../src/services/index.ts';
import { SETTINGS } from '../src/tune/host-settings.ts';
import { type Resolved, resolve } from '../src/tune/resolve.ts';
import { wishedText } from '../src/tune/wished-text.ts';

const asked = await askedOfKernel(builtInServices.map(({ name }) => name));
const resolved = SETTINGS.flatMap((setting) => resolve(setting, asked) ?? []);

/** A row for each wish that the one value does not meet. */
export function conflictTable(): string {
  const rows = resolved.flatMap((one) => one.unmet.map((lost) => conflictRow(one, lost)));
  return [
    '| setting | value for all | is served | is not | and loses | for itself it can have |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function conflictRow({ setting, value, met }: Resolved, { service, wish }: Asked): string {
  const served = met.map((one) => `${one.service} (${wishedText(one.wish.want)})`).join(', ');
  const not = `${service} (${wishedText(wish.want)}, ${wish.severity})`;
  return `| \`${setting.name}\` | \`${value}\` | ${served} | ${not} | ${wish.loses} | ${wish.itself ?? 'nothing'} |`;
}

export function wishTable(): string {
  const rows = resolved.flatMap(({ setting, met, unmet }) =>
    [...met, ...unmet].map(({ service, wish: { want, severity, why, source } }) => {
      const from = `${source.document} ${source.version}, ${source.section}`;
      return `| \`${setting.name}\` | ${service} | ${wishedText(want)} | ${severity} | ${why} | ${from} |`;
    }),
  );
  return [
    '| setting | service | wishes | severity | since | source |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
