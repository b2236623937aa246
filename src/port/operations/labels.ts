// Labels of SELinux: the rules for them, which semanage(8) keeps, and those of a directory with all that is in it. A directory gets its
// label after all that is in it, so that it can be seen whether it is done.
import type { Entry } from '../entry.ts';
import { type FileContextRule, typeIn } from '../selinux.ts';
import { ANOTHER, changed, DONE, OPEN, operation } from './operation-entry.ts';

const OFF = changed('SELinux is off');

/** The type that a rule gives; null: there is none of that pattern. */
export function ruleType(
  rules: readonly FileContextRule[],
  { pattern, files }: Pick<FileContextRule, 'pattern' | 'files'>,
): string | null {
  const found = rules.find((one) => one.pattern === pattern && one.files === files);
  if (found === undefined) return null;
  return found.context === null ? '<<none>>' : typeIn(found.context);
}

export const setFileContexts = operation({
  fields: ({ z, text }) => ({
    rules: z
      .array(
        z.strictObject({
          pattern: text('Which paths, as a regular expression'),
          files: z.enum(['any', '-d']).meta({ description: '`-d`: directories only' }),
          from: z
            .string()
            .nullable()
            .meta({ description: 'The type that its rule gives before; null: no rule' }),
          to: z
            .string()
            .nullable()
            .meta({ description: 'The type that its rule gives after; null: no rule' }),
        }),
      )
      .meta({ description: 'The last one that matches counts' }),
  }),
  does: 'Records rules for labels of SELinux, all at once, each only while it is as in `from`',
  failure: 'cannot record the rules for labels',
  describe: ({ rules }) => `record ${listed(rules)}`,
  cells: ({ rules }) => [
    'SELinux',
    listed(rules),
    rules.every(({ to }) => to === null) ? 'removed' : 'recorded',
  ],
  sign: ({ rules }) =>
    rules.every(({ from }) => from === null) ? '+' : rules.every(({ to }) => to === null) ? '-' : '~',
  creates: 'thing',
  undo: 'possible',
  effect({ rules }, host) {
    const selinux = host.selinux();
    if (selinux === null) return OFF;
    if (selinux.rules === null) return changed('its rules are hidden without root');
    const known = selinux.rules;
    const found = rules.map((rule) => ({ ...rule, is: ruleType(known, rule) }));
    if (found.every(({ is, to }) => is === to)) return DONE;
    const other = found.find(({ is, from, to }) => is !== from && is !== to);
    if (other === undefined) return OPEN;
    return changed(`want ${other.from ?? 'no rule'} for ${other.pattern}, found ${other.is ?? 'no rule'}`);
  },
});

function listed(rules: readonly { readonly pattern: string; readonly to: string | null }[]): string {
  const [first] = rules;
  if (rules.length === 1 && first !== undefined) return `the rule ${first.pattern} -> ${first.to ?? 'none'}`;
  return `${rules.length} rules for labels`;
}

export const setLabels = operation({
  fields: ({ z, text, absolutePath, inode, born }) => {
    const below = (description: string) => z.string().meta({ description });
    return {
      path: absolutePath('The directory'),
      inode: inode.exactOptional(),
      born: born.exactOptional(),
      from: text('The type of its label before, and of all in it that is to change'),
      to: text('The type after'),
      scope: z.enum(['tree', 'directory']).meta({ description: '`directory`: nothing that is in it' }),
      except: z
        .array(below('A path below the directory'))
        .meta({ description: 'What has a type of its own, with all that is in it' }),
      also: z
        .array(
          z.strictObject({
            path: below('Its path below the directory'),
            from: text('The type of its label before'),
            to: text('The type after'),
          }),
        )
        .meta({ description: 'What has another type than the directory before' }),
    };
  },
  does: 'Gives a directory, and what is in it, another type of SELinux; follows no link',
  failure: 'cannot give a directory its label',
  describe: ({ path, scope, from, to }) =>
    `change label of ${path}${scope === 'tree' ? ' and what is in it' : ''} from ${from} to ${to}`,
  cells: ({ path, from, to }) => ['label', path, `${from} -> ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  isLong: true,
  effect({ path, inode, born, from, to }, host, seen) {
    const entry = seen ?? host.entry(path);
    if (entry.type !== 'directory') return changed('it is not there');
    if (inode !== undefined && entry.inode !== inode) return ANOTHER;
    if (born !== undefined && entry.born !== born) return ANOTHER;
    const own = host.labelsAt(path)?.own ?? null;
    if (own === null) return OFF;
    const type = typeIn(own);
    if (type === to) return DONE;
    return type === from ? OPEN : changed(`want label ${from}, found ${type}`);
  },
  known: (_changed, _host, seen?: Entry) =>
    seen?.type === 'directory' ? { inode: seen.inode, born: seen.born } : {},
  again: (undo, { inode, born }) => ({
    ...undo,
    ...(inode !== undefined && { inode }),
    ...(born !== undefined && { born }),
  }),
});
