// ClickHouse: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { layout } from './layout.ts';

export const clickhouse: BuiltInService = {
  order: 2,
  layout,
};
