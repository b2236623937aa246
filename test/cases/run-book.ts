// Owns the layout that tests with names and numbers of services start from: that of the run-book, as it is built in.
import type { Layout } from '../../src/layout/layout.ts';
import { builtInLayout, builtInServices } from '../../src/services/index.ts';

const RUN_BOOK = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis', 'docker', 'backup'];

/** Built in beside the seven of the run-book: what a test shows and counts must not change with the next one. */
export const laterServices: readonly string[] = builtInServices
  .map(({ name }) => name)
  .filter((name) => !RUN_BOOK.includes(name));

/** The built-in layout, of the run-book's seven services alone. */
export const runBookLayout = withoutLater(builtInLayout);

/** The same of a layout from a file: its own services stay. */
export function withoutLater(layout: Layout): Layout {
  return { ...layout, services: layout.services.filter(({ name }) => !laterServices.includes(name)) };
}
