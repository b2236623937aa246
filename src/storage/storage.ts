// `jts-hot storage`: whether disk, volumes, file systems and mounts are as the layout says; with --apply they are made so, as steps
// of one recorded run. `setup` does the same before it makes directories. Must not format what nobody agreed to: the kinds refuse.
import { type Answer, type Context, notVerified, requireRoot } from '../command/context.ts';
import { dryRun, runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { examine, type Finding } from '../engine/examine.ts';
import { collect, NO_CONSENT } from '../engine/plan.ts';
import { isAsWanted, type Step } from '../engine/resource.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { type Consents, consentWords, NO_CONSENTS } from './consents.ts';
import type { StorageResult, StorageRow } from './storage-document.ts';
import { decisionsOnDisk, diskOn, storageWanted } from './storage-wanted.ts';
import { notWell, triedOut } from './try-out.ts';

export interface StorageOptions extends Consents {
  readonly act: 'check' | 'apply';
  /** Only shows what it would do. */
  readonly isDry: boolean;
  /** What is typed to do it: `storage --apply`, or `setup`, without the consents. */
  readonly command: string;
}

interface Planned {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  readonly findings: readonly Finding[];
}

export async function storageCommand(
  context: Context,
  options: StorageOptions,
): Promise<Answer<StorageResult>> {
  const { host, layout } = context;
  const { act, isDry } = options;
  requireStorage(layout, host.root);
  if (act === 'apply' && !isDry) requireRoot(context);
  const work = storageWork(context, options);
  const report = (planned: Planned, more: Pick<StorageResult, 'outcome'> & Partial<StorageResult>) => ({
    base: layout.base,
    act,
    rows: rowsOf(planned.findings),
    run: null,
    continues: null,
    steps: planned.steps,
    done: 0,
    warnings: planned.warnings,
    ...more,
  });
  if (act === 'check') {
    const { planned } = await dryRun(work);
    const exitCode = isAsWanted(planned) ? EXIT.ok : EXIT.failed;
    return { exitCode, problems: planned.refusals, result: report(planned, { outcome: 'shown' }) };
  }
  const ran = await runRecorded(context, work);
  const { planned, exitCode, problems, outcome, run, continues, done } = ran;
  const after =
    outcome === 'applied'
      ? examine(
          host,
          storageWanted(context, {
            ...NO_CONSENTS,
            command: options.command,
            today: context.now().slice(0, 10),
          }),
          NO_CONSENT,
        )
      : null;
  return {
    exitCode,
    problems,
    result: report(planned, {
      outcome,
      run,
      continues,
      done,
      ...(after !== null && { rows: rowsOf(after) }),
    }),
  };
}

function requireStorage(layout: Layout, root: string): void {
  if (layout.storage === undefined)
    throw new Problem(EXIT.refused, [
      diagnostic('E_NO_STORAGE', 'cannot make storage that the layout does not describe', {
        at: 'storage',
        detail: 'want a section `storage:` in the layout file, found none: what is mounted is used as it is',
        hint: 'see which disks there are, and what to write for each: sudo jts-hot device list',
      }),
    ]);
  if (root !== '/')
    throw new Problem(EXIT.refused, [
      diagnostic('E_IMAGE', 'refusing to work on the disk of an image', {
        at: '--root',
        detail: 'want the live host: the disks of an image are those of the host that it will be',
        hint: 'type it on the host that was made from the image',
      }),
    ]);
}

function storageWork(context: Context, options: StorageOptions): Work<Planned, Applied> {
  const { host } = context;
  const asked = { ...options, today: context.now().slice(0, 10) };
  const take = taking<Planned>(({ steps }) => steps);
  const plan = (): Planned => {
    const isRoot = host.surroundings().effectiveUid === 0;
    const findings = examine(host, storageWanted(context, asked, isRoot ? host.journal : null), NO_CONSENT);
    return isRoot ? { ...collect(findings), findings } : seenWithoutRoot(context, findings);
  };
  return {
    command: 'storage',
    scope: '--apply',
    looksFirst: true,
    isDry: options.isDry,
    async plan() {
      const planned = plan();
      if (options.act === 'check' || planned.refusals.length > 0) return planned;
      const unwell = await notWell(context, planned.steps);
      return { ...planned, refusals: [...unwell, ...(await triedOut(context, planned.steps))] };
    },
    decisions: () => decisionsOnDisk(context, asked, host.journal),
    async act(planned, hands) {
      const on = diskOn(context);
      // Nobody else may take it for theirs meanwhile: udev and other tools respect that.
      const release = on === null ? () => {} : host.holdDisk(on.planned);
      try {
        return await take(planned, hands);
      } finally {
        release();
      }
    },
    lookAgain() {
      const after = plan();
      return isAsWanted(after)
        ? []
        : [
            ...after.refusals,
            ...(after.steps.length === 0 ? [] : [notVerified(after.steps, 'sudo jts-hot setup')]),
          ];
    },
    again: () => [options.command, ...consentWords(options)].join(' '),
  };
}

/** Only root may read a disk, and look below a mount: what that leaves out is said once. */
function seenWithoutRoot({ invocation }: Context, findings: readonly Finding[]): Planned {
  const { steps, refusals, warnings } = collect(findings);
  const fix = `sudo jts-hot ${invocation}`;
  const isUnseen = ({ code }: Diagnostic) => code === 'E_DISK_UNSEEN';
  const unseen = diagnostic('W_STORAGE_UNSEEN', 'cannot see all of the storage without root', {
    at: 'storage',
    detail: 'unknown: whether volumes or file systems are to grow, and what lies below the mounts',
    fix,
  });
  return {
    steps,
    findings,
    refusals: refusals.map((one) => (isUnseen(one) ? { ...one, fix } : one)),
    warnings: refusals.length > 0 ? warnings : [...warnings, unseen],
  };
}

function rowsOf(findings: readonly Finding[]): readonly StorageRow[] {
  return findings.map(({ checkId: id, kind, address: at, expected: want, found, difference }) => ({
    id,
    kind: kind.kind,
    at,
    want,
    found,
    isAsWanted: isAsWanted(difference),
  }));
}
