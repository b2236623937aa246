// What `jts-hot config` prints.
import { counts, shownSteps, stepLines } from '../command/steps-text.ts';
import { type Paint, plain, wrap } from '../messages/paint.ts';
import { asRoot } from '../messages/typed-command.ts';
import { renderCheck } from './check-text.ts';
import type { ConfigResult, InitResult, InstallResult, PrintResult, Restart } from './config-document.ts';

/** `doIt`: of a dry run, the command that does what is shown, without `jts-hot`. */
export function renderConfig(result: ConfigResult, paint: Paint, doIt: string): string {
  switch (result.did) {
    case 'print':
      return renderSettings(result);
    case 'install':
      return renderInstall(result, paint, doIt);
    case 'init':
      return renderInit(result, paint, doIt);
    case 'check':
      return renderCheck(result, paint);
    default:
      return result satisfies never;
  }
}

/** Of one service just its settings, so that they can go into a file. */
function renderSettings({ settings }: PrintResult): string {
  const [only] = settings;
  if (settings.length === 1 && only !== undefined) return plainLines(only.text);
  return settings.map(({ of, file, text }) => `== ${of}: ${file}\n\n${plainLines(text)}`).join('\n\n');
}

/** Paths come from the layout, which somebody else may have written. */
function plainLines(text: string): string {
  return text.trimEnd().split('\n').map(plain).join('\n');
}

function renderInstall(result: InstallResult, paint: Paint, doIt: string): string {
  const { outcome, steps, done, run } = result;
  const lines: string[] = [];
  if (outcome === 'planned')
    lines.push(
      ...shownSteps(steps, paint),
      ...(steps.length === 0 ? [] : ['']),
      steps.length === 0 ? nothingToDo(result) : `${counts(steps)}. Nothing has been changed.`,
      ...(steps.length === 0 ? [] : [`Do it:  sudo ${paint.command(doIt)}`]),
    );
  if (outcome === 'unchanged') lines.push(paint('green', nothingToDo(result)));
  if (outcome === 'refused') lines.push('Nothing has been changed.');
  if (outcome === 'applied')
    lines.push(...stepLines(steps, paint), '', `${counts(steps)}, recorded as run ${run}.`);
  if (outcome === 'stopped' || outcome === 'failed') lines.push(...stepLines(steps.slice(0, done), paint));
  if (result.notInstalled.length > 0)
    lines.push(wrap(`Not installed here: ${result.notInstalled.join(', ')}`, '  ', ''));
  for (const { service, unit, outcome: came } of result.restarts)
    lines.push(
      came === 'planned'
        ? wrap(`${unit} would be restarted, until ${service} runs on the hot tier`, '  ', '')
        : wrap(`${unit} restarted: ${service} ${RESTARTED[came]}`, '  ', ''),
    );
  if (outcome === 'applied') lines.push(...next(result, paint));
  return lines.join('\n');
}

function nothingToDo({ services, notInstalled }: InstallResult): string {
  if (services.length > 0) return 'Nothing to do: the services read these settings.';
  return notInstalled.length > 0
    ? 'Nothing to do: no service of the layout is installed here.'
    : 'Nothing to do: the file says it already.';
}

const RESTARTED: { readonly [outcome in Exclude<Restart['outcome'], 'planned'>]: string } = {
  'running on the hot tier': 'runs on the hot tier',
  'taken back': 'did not come up there; its former settings are back',
  failed: 'did not come up',
  'not tried': 'was not tried: the command was stopped',
};

/** They go on with their old settings until they are restarted. */
function next({ services, run, restarts }: InstallResult, paint: Paint): readonly string[] {
  const done = restarts.map(({ unit }) => unit);
  const takenBack = restarts.flatMap(({ service, outcome }) => (outcome === 'taken back' ? service : []));
  const units = services.flatMap(({ unit }) => unit ?? []).filter((unit) => !done.includes(unit));
  const others = services.filter(({ unit }) => unit === null).map(({ service }) => service);
  return [
    ...(units.length === 0
      ? []
      : [
          'Restart them, in this order:',
          ...units.map((unit) => `  ${plain(asRoot([`systemctl restart ${unit}`]))}`),
        ]),
    ...(others.length === 0
      ? []
      : [
          wrap(
            `Restart these by yourself, since no unit of systemd was found: ${others.join(', ')}`,
            '  ',
            '',
          ),
        ]),
    // What was taken back is undone.
    ...(services.length > 0 && services.every(({ service }) => takenBack.includes(service))
      ? []
      : [`Undo it:   sudo ${paint.command(`rollback ${run}`)}`]),
  ];
}

function renderInit({ outcome, steps, service, run }: InitResult, paint: Paint, doIt: string): string {
  const lines = shownSteps(steps, paint);
  switch (outcome) {
    case 'unchanged':
      return paint('green', `Nothing to do: ${service} needs no preparation, or has it.`);
    case 'planned':
      return steps.length === 0
        ? `Nothing to do: ${service} needs no preparation, or has it.`
        : [...lines, '', 'Nothing has been changed.', `Do it:  sudo ${paint.command(doIt)}`].join('\n');
    case 'applied':
      return [
        ...stepLines(steps, paint),
        '',
        `Prepared, recorded as run ${run}. No rollback removes it: it is data now.`,
      ].join('\n');
    case 'refused':
    case 'stopped':
    case 'failed':
      return 'Nothing has been changed.';
    default:
      return outcome satisfies never;
  }
}
