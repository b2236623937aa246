// PostgreSQL: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { layout } from './layout.ts';
import { amongData } from './logs.ts';

export const postgresql: BuiltInService = {
  order: 1,
  layout,
  logs: { amongData },
};
