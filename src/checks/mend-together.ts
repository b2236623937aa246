// Owns which checks of one service one command mends: where something inside its tree is wrong as well, the command that goes
// into it. Must not look at the host.
import type { Draft } from './follow.ts';

const REPAIR = /^sudo jts-hot repair (\S+)((?: --(?:recursive|acl|flags))*)$/;

/** What repair is asked for in any of a service's fixes is asked for in each, once one of them goes into its tree. */
export function mendTogether(drafts: readonly Draft[]): readonly Draft[] {
  const asked = new Map<string, Set<string>>();
  for (const draft of drafts) {
    const [, service = '', words = ''] = repairIn(draft) ?? [];
    if (service === '') continue;
    const all = asked.get(service) ?? new Set();
    for (const word of words.split(' ').filter(Boolean)) all.add(word);
    asked.set(service, all);
  }
  return drafts.map((draft) => {
    const [, service = ''] = repairIn(draft) ?? [];
    const words = asked.get(service);
    if (words === undefined || !words.has('--recursive')) return draft;
    const given = ['--recursive', '--acl', '--flags'].filter((word) => words.has(word));
    return { ...draft, fix: `sudo jts-hot repair ${service} ${given.join(' ')}` };
  });
}

/** Of an error: what a warning tells of may be meant, and is not mended beside. */
function repairIn({ status, severity, fix }: Draft): RegExpExecArray | null {
  return status === 'fail' && severity === 'error' ? REPAIR.exec(fix ?? '') : null;
}
