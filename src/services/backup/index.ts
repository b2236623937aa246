// Backup staging: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { clean } from './clean.ts';
import { layout } from './layout.ts';
import { platform } from './platform.ts';
import { storage } from './storage.ts';

export const backup: BuiltInService = {
  order: 7,
  layout,
  storage,
  clean,
  platform,
};
