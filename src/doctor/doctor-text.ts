// What `jts-hot doctor` prints: by service the causes, each with its evidence and what mends it.
import { keepCommands, type Paint, plain, wrap } from '../messages/paint.ts';
import type { Cause, DoctorResult, Patient } from './doctor-document.ts';

/** Of one cause. */
const EVIDENCE_SHOWN = 4;

export function renderDoctor({ services }: DoctorResult, paint: Paint): string {
  const unwell = services.filter(({ causes }) => causes.length > 0);
  const well = services.filter(({ causes }) => causes.length === 0).map(({ service }) => plain(service));
  if (services.length === 0) return 'No service of the layout is installed here.';
  return [
    ...unwell.map((one) => patientText(one, paint)),
    ...(well.length === 0 ? [] : [paint('green', wrap(`Nothing is wrong with ${well.join(', ')}.`, ''))]),
  ].join('\n\n');
}

function patientText({ service, state, unit, unitState, causes, start }: Patient, paint: Paint): string {
  const how =
    state === null
      ? ''
      : ` (${[state, ...(unit === null ? [] : [`${unit}: ${unitState ?? 'not known'}`])].join('; ')})`;
  return [
    paint('red', wrap(`${service}${how}`, '  ', '')),
    ...causes.map((cause, i) => causeText(cause, i, paint)),
    ...(start === null ? [] : [`  Then start it:  ${plain(start.fix)}`]),
  ].join('\n');
}

function causeText({ cause, evidence, fix, hint }: Cause, i: number, paint: Paint): string {
  const more = evidence.length - EVIDENCE_SHOWN;
  return [
    paint(i === 0 ? 'bold' : 'dim', wrap(keepCommands(cause), '     ', `  ${i + 1}. `)),
    ...evidence.slice(0, EVIDENCE_SHOWN).map((line) => wrap(plain(line), '       ', '     ')),
    ...(more > 0 ? [`     and ${more} more`] : []),
    ...(fix === null ? [] : [`     fix: ${plain(fix)}`]),
    ...(hint === null ? [] : [wrap(keepCommands(hint), '           ', '     hint: ')]),
  ].join('\n');
}
