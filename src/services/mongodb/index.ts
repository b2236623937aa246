// MongoDB: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { layout } from './layout.ts';

export const mongodb: BuiltInService = {
  order: 4,
  layout,
};
