// Owns which finding is explained by what: accounts in account-causes.ts, directories in directory-causes.ts. Asked only of what
// failed, since looking closer costs questions to the host.
import type { Finding } from '../engine/examine.ts';
import { isAsWanted } from '../engine/resource.ts';
import { desiredDirectories } from '../resources/directory.ts';
import { explainGroup, explainUser } from './account-causes.ts';
import { explainDirectory } from './directory-causes.ts';
import type { Explanation } from './explanation.ts';
import type { Ground } from './ground.ts';
import { nameNumbers } from './numbers.ts';

/** By check ID. What is not in it is as the kind says. */
export function explain(ground: Ground, findings: readonly Finding[]): ReadonlyMap<string, Explanation> {
  const failed = findings.filter(({ difference }) => !isAsWanted(difference));
  if (failed.length === 0) return new Map();
  const wants = desiredDirectories(ground.layout);
  const byId = new Map(wants.map((want) => [want.checkId, want]));
  // Also of directories that are right: their numbers say which accounts are not.
  const entries = wants.map(({ path }) => ground.look(path)).filter((entry) => entry.type === 'directory');
  const names = nameNumbers(
    ground.host,
    entries.map(({ uid }) => uid),
    entries.map(({ gid }) => gid),
  );
  const about = { ground, names, wants };
  const explained = failed.map((finding): readonly [string, Explanation] => {
    const { checkId } = finding;
    const want = byId.get(checkId);
    if (want !== undefined) return [checkId, explainDirectory(about, want)];
    const [, kind, name = ''] = /^(user|group)\.(.*)$/.exec(checkId) ?? [];
    if (kind === 'group') return [checkId, explainGroup(about, name)];
    return [checkId, kind === 'user' ? explainUser(about, name) : {}];
  });
  return new Map(explained);
}
