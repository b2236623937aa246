// Backup staging: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { layout } from './layout.ts';

export const backup: BuiltInService = {
  order: 7,
  layout,
};
