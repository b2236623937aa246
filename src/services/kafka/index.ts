// Kafka: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { configuration } from './configuration.ts';
import { layout } from './layout.ts';
import { logs } from './logs.ts';
import { move } from './move.ts';
import { platform } from './platform.ts';
import { question } from './question.ts';
import { reading } from './reading.ts';
import { storage } from './storage.ts';

export const kafka: BuiltInService = {
  order: 3,
  layout,
  storage,
  logs,
  configuration,
  platform,
  reading,
  question,
  move,
  backup: async () => (await import('./backup.ts')).backup,
  tuning: async () => (await import('./tuning.ts')).tuning,
  diagnosis: async () => (await import('./diagnosis.ts')).diagnosis,
};
