// Messages for stderr: constant summary and code, then place and values, then the command to type and advice in words.
import type { Diagnostic } from './diagnostic.ts';
import { ends, keepCommands, keepWhole, type Paint, plain, wrap } from './paint.ts';

export function renderDiagnostic({ code, summary, detail, at, fix, hint }: Diagnostic, paint: Paint): string {
  const [first, ...rest] = detail;
  const colour = code.startsWith('W_') ? 'yellow' : 'red';
  const lines = [paint(colour, ends(plain(summary), `[${code}]`))];
  const where = at === null ? null : keepWhole(at);
  const place = where === null ? first : first === undefined ? where : `${where}: ${first}`;
  if (place !== undefined) lines.push(wrap(place, '    ', '  '));
  for (const line of rest) lines.push(wrap(line, '    ', '  '));
  if (fix !== null) lines.push(`  fix: ${plain(fix)}`);
  if (hint !== null) lines.push(wrap(`hint: ${keepCommands(hint)}`, '        ', '  '));
  return lines.join('\n');
}
