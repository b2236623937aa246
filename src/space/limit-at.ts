// Owns reading how far a directory can grow. What that means is own-limit.ts and quota-limits.ts.
import { Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { ProjectQuotaAsked, ProjectQuotaState } from '../port/project-quota.ts';
import { type Limited, ownLimit } from './own-limit.ts';
import { limitsIn } from './quota-limits.ts';

export function quotaAt(host: HostReader, path: string, asked: ProjectQuotaAsked = {}): ProjectQuotaState {
  try {
    return host.projectQuota(path, asked);
  } catch (error) {
    // That it is not there is said by others.
    if (error instanceof Problem) return { state: 'off', reason: 'it cannot be looked at' };
    throw error;
  }
}

/** As `ownLimit`. */
export function limitAt(host: HostReader, path: string, whole: Limited): Limited | null {
  const own = host.fileSystem(path);
  return ownLimit(own, whole, limitsIn(quotaAt(host, own.path)));
}
