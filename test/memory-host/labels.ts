// Owns labels of SELinux on a host in memory: where it is on, all file systems keep them, and what is made gets that of its directory.

import type { HostReader } from '../../src/port/host.ts';
import type { OperationOf, Performers } from '../../src/port/operation.ts';
import { ruleType } from '../../src/port/operations/labels.ts';
import { typeIn, withType } from '../../src/port/selinux.ts';
import { existing, failed } from './reach.ts';
import { cannotLook, type Node, type State } from './state.ts';
import { find, nearest, openedAt } from './tree.ts';

/** Of what nobody gave one, as the policy has it for what it does not know. */
const UNKNOWN = 'system_u:object_r:default_t:s0';

const labelOf = ({ label }: Node): string => label ?? UNKNOWN;

function give(node: Node, type: string): void {
  const label = withType(labelOf(node), type);
  node.label = label === UNKNOWN ? null : label;
}

export function putLabel(state: State, path: string, type: string): void {
  const found = find({ ...state, effectiveUid: 0, base: '/-', mounts: [] }, path);
  if (found.type !== 'node') throw new Error(`cannot prepare ${path}: ${found.type}`);
  const node = found.node.cover ?? found.node;
  give(node, type);
}

type Reads = Pick<
  HostReader,
  'selinux' | 'typesKnown' | 'typesKept' | 'labelsAt' | 'otherLabels' | 'denials'
>;

export function labelsOf(state: State): Reads {
  const inForce = () => (state.root === '/' ? state.selinux : null);
  return {
    selinux: () => {
      const found = inForce();
      if (found === null) return null;
      const { enforcing, policy, rules } = found;
      return { enforcing, policy, rules };
    },
    typesKnown: (types) => new Set(types.filter((type) => inForce()?.types.includes(type) ?? false)),
    typesKept: () => new Set(inForce()?.kept),
    labelsAt: (directory) => {
      if (inForce() === null) return null;
      const found = find(state, directory);
      if (found.type === 'node' && found.node.type !== 'directory')
        return { own: labelOf(found.node), made: labelOf(found.node) };
      const { path, node } = nearest(state, directory);
      return { own: path === directory ? labelOf(node) : null, made: labelOf(node) };
    },
    otherLabels: (directory, { type, except, most }) => {
      const top = openedAt(state, directory);
      if (typeof top === 'string') throw cannotLook(directory, top);
      const found = [...below(top, '', except)]
        .map(({ node, path }) => ({ path, type: typeIn(labelOf(node)) }))
        .filter((one) => one.type !== type);
      return { first: found.slice(0, most), isAll: found.length <= most };
    },
    denials: () => (state.effectiveUid === 0 ? (inForce()?.denials ?? []) : []),
  };
}

/** What is mounted there is another file system. */
function* below(
  node: Node,
  path: string,
  except: readonly string[],
): Generator<{ readonly node: Node; readonly path: string }> {
  for (const [name, child] of node.children) {
    const at = `${path}${path === '' ? '' : '/'}${name}`;
    if (child.cover !== null || except.includes(at)) continue;
    yield { node: child, path: at };
    yield* below(child, at, except);
  }
}

export function labelPerformers(state: State): Pick<Performers, 'setFileContexts' | 'setLabels'> {
  return {
    setFileContexts(operation) {
      const { selinux } = state;
      if (selinux === null) throw failed('E_CHANGED', operation, 'SELinux is off');
      for (const rule of operation.rules) {
        const found = ruleType(selinux.rules, rule);
        if (found !== rule.from && found !== rule.to)
          throw failed('E_CHANGED', operation, `found ${found ?? 'no rule'}`);
      }
      for (const { pattern, files, to } of operation.rules) {
        const at = selinux.rules.findIndex((one) => one.pattern === pattern && one.files === files);
        const made = to === null ? [] : [{ pattern, files, context: `system_u:object_r:${to}:s0` }];
        if (at < 0) selinux.rules.push(...made);
        else selinux.rules.splice(at, 1, ...made);
      }
    },
    setLabels(operation) {
      if (state.selinux === null) throw failed('E_CHANGED', operation, 'SELinux is off');
      const { node } = existing(state, operation, operation.path);
      const top = node.cover ?? node;
      if (operation.inode !== undefined && `${top.inode}` !== operation.inode)
        throw failed('E_CHANGED', operation, `found ${top.inode}`);
      const type = typeIn(labelOf(top));
      if (type !== operation.from && type !== operation.to)
        throw failed('E_CHANGED', operation, `found ${type}`);
      relabel(top, operation);
    },
  };
}

function relabel(top: Node, { from, to, scope, except, also }: OperationOf<'setLabels'>): void {
  const inIt = scope === 'tree' ? [...below(top, '', except)] : [];
  for (const { node, path } of [...inIt, { node: top, path: '' }]) {
    const type = typeIn(labelOf(node));
    const own = also.find((one) => one.path === path);
    const other = own === undefined ? (type === from ? to : type) : own.from === type ? own.to : type;
    if (other !== type) give(node, other);
  }
}
