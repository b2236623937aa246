// Where PostgreSQL keeps logs, and how its collector rotates them: the manual, "Error Reporting and Logging".
import type { LogsFacet } from '../logs.ts';
import type { Told } from '../question.ts';

export const logs: LogsFacet = {
  // `log_directory` is below the data directory unless it is set: `log`, `pg_log` before version 10.
  amongData: ['data/log', 'data/pg_log'],
  rotation: {
    by: 'itself',
    keys: [['log_rotation_size'], ['log_rotation_age']],
    noFile: (told) =>
      isOn(textOf(told, 'logging_collector', 'off'))
        ? null
        : 'want logging_collector on, found it off: what it logs goes where its standard error goes',
    rotates(told) {
      if (!isOn(textOf(told, 'logging_collector', 'off'))) return null;
      const size = textOf(told, 'log_rotation_size', '10MB');
      const age = textOf(told, 'log_rotation_age', '1d');
      const when = [
        ...(isZero(size) ? [] : [`at ${size}`]),
        ...(isZero(age) ? [] : [`${isZero(size) ? '' : 'or '}after ${age}`]),
      ].join(' ');
      if (when === '') return null;
      return {
        says: `a new one ${when}`,
        mostBytes: null,
        unlimited: 'PostgreSQL removes no old one',
      };
    },
    ofOne: null,
    counts: 'from the next start on',
  },
};

/** As `parse_bool` takes it. */
function isOn(text: string): boolean {
  return /^(on|true|t|tr|tru|y|ye|yes|1)$/i.test(text);
}

function isZero(text: string): boolean {
  return /^0+\D*$/.test(text);
}

function textOf(told: Told, name: string, unsaid: string): string {
  return String(told(name) ?? unsaid);
}
