// Owns a server that is started on what was restored, to prove it: as its user, in a network of its own, ended however this ends.
import { Readable } from 'node:stream';
import type { Context } from '../command/context.ts';
import type { Flow } from '../host/backup/pipes.ts';
import { type As, runAs, type Server, startServer } from '../host/backup/programs.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BackupFacet, Count, Taken } from '../services/backing-up.ts';
import { putAs } from './put.ts';
import { programsFor } from './subject.ts';

const READY_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 200;

/** What was counted on it. Throws a Problem where it does not start, or is bad. */
export async function prove(
  context: Context,
  of: {
    readonly service: string;
    readonly facet: BackupFacet;
    readonly as: As;
    readonly taken: Taken;
    readonly directory: string;
    readonly beside: string;
    readonly flow: Flow;
  },
): Promise<readonly Count[]> {
  const { service, facet, as, taken, directory, beside, flow } = of;
  const { signal } = flow;
  let server: Server | null = null;
  const stop = async () => {
    const running = server;
    server = null;
    await running?.stop();
  };
  try {
    return await facet.prove({
      taken,
      directory,
      beside,
      ...programsFor(context, service, as),
      run: (argv, more = {}) => runAs({ argv, as, signal, ...more }),
      async write(name, text) {
        const path = `${beside}/${name}`;
        await putAs({ as, signal }, { source: Readable.from([Buffer.from(text)]), file: '', flow, path });
        return path;
      },
      async start(argv, { isReady, timeoutMs = READY_MS, ...more }) {
        if (server !== null) throw new Error('one server is proved at a time');
        requireTools(context, service);
        context.progress(`${service}: starting a server on it`);
        const started = startServer({ argv, as, signal, ...more });
        server = started;
        const end = performance.now() + timeoutMs;
        for (;;) {
          const ended = started.ended();
          if (ended !== null) throw notStarted(service, argv, ended);
          if (signal.aborted) throw stoppedWhileProving();
          if (started.isApart() && (await isReady().catch(() => false))) return;
          if (performance.now() > end)
            throw notStarted(service, argv, `not ready within ${timeoutMs / 1000} s`);
          await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
      },
      ask(argv, more = {}) {
        const asked = server;
        // Where nothing of its own runs, another server would answer.
        if (asked === null || !asked.isApart())
          throw notStarted(service, argv, asked?.ended() ?? 'no server');
        return runAs({ argv, as, signal, networkOf: asked.pid, ...more });
      },
      stop,
    });
  } finally {
    await stop();
  }
}

/** Of util-linux and iproute2. */
function requireTools({ host }: Context, service: string): void {
  const missing = host.missingTools(['unshare', 'nsenter', 'setpriv', 'ip']);
  if (missing.length === 0) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_TOOL', 'refusing to prove a backup without a network of its own', {
      at: `service ${service}`,
      detail: `want ${missing.join(', ')}; found none`,
      fix: `sudo apt-get install ${missing.includes('ip') ? 'iproute2' : 'util-linux'}`,
    }),
  ]);
}

function stoppedWhileProving(): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_STOPPED', 'cannot finish: it was stopped', { detail: 'nothing half done is kept' }),
  ]);
}

function notStarted(service: string, argv: readonly string[], found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_STARTED', 'cannot start a server on what was restored', {
      at: `service ${service}`,
      detail: [`command: ${argv.join(' ')}`, `found: ${found}`],
      hint: 'see what else there is: sudo jts-hot backup list',
    }),
  ]);
}
