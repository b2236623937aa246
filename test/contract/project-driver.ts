// Gives a directory a project in a process of its own, for tests that kill or attack it, and tells how it went, and which project each
// entry has, as JSON. Usage: node project-driver.ts '[{"path": …, "from": …, "to": …}, {"listed": …}]', done in order.
import { closeSync, constants, openSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import { projectOf } from '../../src/host/project/calls.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { LongProgress } from '../../src/port/host.ts';
import type { DirectoryProject } from '../../src/port/project-quota.ts';
import { encodeName } from '../../src/values/file-name.ts';

export type ProjectAsk =
  | {
      readonly path: string;
      readonly from: DirectoryProject;
      readonly to: DirectoryProject;
      /** Is stopped once so many pauses were made. */
      readonly stopAfter?: number;
    }
  /** A directory, as root's commands move one. */
  | { readonly renamed: string; readonly to: string }
  /** Of files and directories, by their path below; what has none is left out. */
  | { readonly listed: string };

export type ProjectTold =
  | { readonly renamed: true }
  | { readonly ended: 'done' | 'stopped'; readonly last: LongProgress }
  | { readonly listed: Readonly<Record<string, DirectoryProject>> }
  | { readonly problem: readonly string[] };

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '[]'));

async function main(asked: readonly ProjectAsk[]): Promise<void> {
  const host = openLinuxHost({ root: '/', base: '/nowhere' });
  const told: ProjectTold[] = [];
  for (const ask of asked)
    try {
      if ('listed' in ask) {
        told.push({ listed: listed(ask.listed) });
        continue;
      }
      if ('renamed' in ask) {
        const entry = host.entry(ask.renamed);
        if (entry.type !== 'directory') throw new Error(`${ask.renamed}: a ${entry.type}`);
        host.renameDirectory({ path: ask.renamed, inode: entry.inode, born: entry.born }, ask.to);
        told.push({ renamed: true });
        continue;
      }
      let last: LongProgress = { looked: 0, changed: 0, seconds: 0 };
      let pauses = 0;
      const operation = { type: 'setProject', path: ask.path, from: ask.from, to: ask.to } as const;
      const ended = await host.performLong(operation, {
        stopRequested: () => ask.stopAfter !== undefined && pauses >= ask.stopAfter,
        onProgress: (far) => {
          pauses += 1;
          last = far;
        },
      });
      told.push({ ended, last });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      told.push({ problem: error.diagnostics.flatMap(({ code, detail }) => [code, ...detail]) });
    }
  process.stdout.write(JSON.stringify(told));

  function listed(top: string): Record<string, DirectoryProject> {
    const found: Record<string, DirectoryProject> = {};
    for (const met of host.walk(top)) {
      if (met.type !== 'file' && met.type !== 'directory') continue;
      const fd = openSync(
        encodeName(`${top}/${met.path}`).subarray(0, -1),
        constants.O_RDONLY | constants.O_NOFOLLOW,
      );
      const project = projectOf(fd);
      closeSync(fd);
      if (project !== null && (project.project !== 0 || project.inherits)) found[met.path] = project;
    }
    return found;
  }
}
