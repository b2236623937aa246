// How data of ClickHouse is told from what its first start makes.
import type { Look, PresentData } from '../configuration.ts';

/** Databases that it makes itself. */
const OWN = ['default', 'system', 'INFORMATION_SCHEMA', 'information_schema'];

export const present: PresentData = {
  isData: (place) =>
    databases(place).some((name) => !OWN.includes(name)) ||
    // A directory a table, or a link to it.
    place.names('data/default').length > 0 ||
    // Users and grants.
    place.names('access').some((name) => name.endsWith('.sql')),
};

function databases(place: Look): readonly string[] {
  return place.names('metadata').map((name) => name.replace(/\.sql$/, ''));
}
