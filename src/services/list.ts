// The built-in services, one line each.
export { backup } from './backup/index.ts';
export { clickhouse } from './clickhouse/index.ts';
export { docker } from './docker/index.ts';
export { kafka } from './kafka/index.ts';
export { mongodb } from './mongodb/index.ts';
export { postgresql } from './postgresql/index.ts';
export { redis } from './redis/index.ts';
