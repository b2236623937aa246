// Docker: all that the program knows about it.
import type { BuiltInService } from '../service.ts';
import { configuration } from './configuration.ts';
import { layout } from './layout.ts';
import { logs } from './logs.ts';
import { move } from './move.ts';
import { platform } from './platform.ts';
import { question } from './question.ts';
import { reading } from './reading.ts';
import { storage } from './storage.ts';
import { numbersProjects, privilegedGroups } from './system.ts';

export const docker: BuiltInService = {
  order: 6,
  layout,
  storage,
  system: { privilegedGroups, numbersProjects },
  labels: {
    domain: 'container_runtime_t',
    type: 'container_var_lib_t',
    // As container-selinux has it for /var/lib/docker.
    below: { overlay2: 'container_ro_file_t' },
  },
  logs,
  configuration,
  platform,
  reading,
  question,
  move,
  backup: async () => (await import('./backup.ts')).backup,
  diagnosis: async () => (await import('./diagnosis.ts')).diagnosis,
};
