// `jts-hot move` without a service: what is being moved, and where each service runs now. Reads only.
import type { Answer, Context } from '../command/context.ts';
import { BASE_NAME } from '../layout/layout.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { readBaseMove } from './base-record.ts';
import type { ListResult } from './move-document.ts';
import { isOpen, readMove } from './record.ts';
import { processOf, runsAt } from './where.ts';

export function listMoves({ host, layout }: Context): Answer<ListResult> {
  const open = readBaseMove(host.moves);
  const wholeBase =
    open === null
      ? null
      : {
          from: open.from,
          to: open.to,
          phase: open.phase,
          begun: open.begun,
          isMoved: open.phase === 'moved',
        };
  const services = host.moves.services().filter((name) => name !== BASE_NAME);
  const moves = services.flatMap((name) => {
    const record = readMove(host.moves, name);
    if (record === null) return [];
    const { service, how, from, to, unit, phase, begun, stopped } = record;
    const places = { from: from.path, to, unit };
    const at = runsAt(host, processOf(service), places);
    return [
      {
        service,
        how,
        from: from.path,
        to,
        unit,
        phase,
        begun,
        stopped: isOpen(record) ? stopped : null,
        runsAt: at,
      },
    ];
  });
  return { exitCode: EXIT.ok, problems: [], result: { did: 'list', base: layout.base, wholeBase, moves } };
}
