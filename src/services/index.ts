// The built-in layout: one file a service, this list is its order. Adding a database is one file and one line.
import { DEFAULT_BASE, type Layout, type Service } from '../layout/layout.ts';
import { backup } from './backup.ts';
import { clickhouse } from './clickhouse.ts';
import { docker } from './docker.ts';
import { kafka } from './kafka.ts';
import { mongodb } from './mongodb.ts';
import { postgresql } from './postgresql.ts';
import { redis } from './redis.ts';

export const builtInServices: readonly Service[] = [
  postgresql,
  clickhouse,
  kafka,
  mongodb,
  redis,
  docker,
  backup,
];

export const builtInLayout: Layout = { base: DEFAULT_BASE, services: builtInServices };
