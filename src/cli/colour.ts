// Owns when this call's text has colours: on a terminal that shows them, and where nobody asked for none.
import { isTerminal, type Output } from '../host/output.ts';
import { createPaint, type Paint } from '../messages/paint.ts';
import { session } from './session.ts';

export function paintFor(output: Output): Paint {
  // https://no-color.org: set and not empty.
  const colour = isTerminal(output) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return createPaint(colour, session.typed.command);
}
