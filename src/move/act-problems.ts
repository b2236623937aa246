// Owns what is said when a move does not come to its end, and where it leaves the service. Pure.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { MoveRecord } from './record.ts';

export function isAnother({ from }: MoveRecord): Diagnostic {
  return diagnostic('E_OLD_PLACE', 'refusing to go on with another directory than was begun with', {
    at: `directory ${from.path}`,
    detail: 'want the one that the move began with, found another one in its place, or none',
    hint: 'see whether its disk is still mounted (findmnt); then run the same command again',
  });
}

export function writtenTo(from: string, found: string): Diagnostic {
  return diagnostic('E_WRITTEN_TO', 'refusing to switch to a copy while its source is written', {
    at: `directory ${from}`,
    detail: ['want nobody to write there while the service is stopped', `found: ${found}`],
    hint: 'end what writes there, then run the same command again',
  });
}

export function stoppedCopying({ service, from }: MoveRecord): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the move', {
    at: `service ${service}`,
    detail: 'it was stopped while it copied; the service was not touched, and runs on its old place',
    fix: `sudo jts-hot move ${service} --from ${shellWord(from.path)}`,
    hint: `what is copied need not be copied again; to give it up: sudo jts-hot move ${service} --cancel`,
  });
}

export function stoppedOnTheWay({ service, from }: MoveRecord): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the move', {
    at: `service ${service}`,
    detail: 'it was stopped while it compared',
    fix: `sudo jts-hot move ${service} --from ${shellWord(from.path)}`,
  });
}

export function notUp(
  { service, unit }: { readonly service: string; readonly unit: string },
  why: string,
): Diagnostic {
  return diagnostic('E_NOT_UP', 'cannot bring a service up on the hot tier', {
    at: `service ${service}`,
    detail: [`want ${unit} running with its data on the hot tier`, `found: ${why}`],
    hint: `see what it said: sudo journalctl --unit ${shellWord(unit)} --lines 30`,
  });
}

export function isBack({ service, from, unit, how }: MoveRecord): Diagnostic {
  const kept = how === 'copy' ? '; the copy is kept for the next call' : '';
  const where = unit === null ? `its data is in ${from.path}` : `${unit} runs with its data in ${from.path}`;
  return diagnostic('W_BACK', 'cannot call the service moved: it is on its old place again', {
    at: `service ${service}`,
    detail: `${where}, as before${kept}`,
    hint: `to give it up: sudo jts-hot move ${service} --cancel`,
  });
}

type OfUnit = MoveRecord & { readonly unit: string };

export function isStillStopping({ service, unit, from }: OfUnit): Diagnostic {
  return diagnostic('W_STOPPING', 'cannot have a service go on that does not end', {
    at: `service ${service}`,
    detail: `${unit} is still being stopped; it is started again with its data in ${from.path} once it has ended`,
    hint: `see how it stands: systemctl status ${shellWord(unit)}`,
  });
}

export function notBack({ service, unit, from }: OfUnit, why: string): Diagnostic {
  return diagnostic('E_NOT_BACK', 'cannot bring a service up on its old place', {
    at: `service ${service}`,
    detail: [
      `want ${unit} running with its data in ${from.path}, found: ${why}`,
      'its settings are as before, and its data is untouched',
    ],
    fix: `sudo systemctl start ${shellWord(unit)}`,
    hint: `see what it said: sudo journalctl --unit ${shellWord(unit)} --lines 30`,
  });
}
