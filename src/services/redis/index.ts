// Redis: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { layout } from './layout.ts';

export const redis: BuiltInService = {
  order: 5,
  layout,
};
