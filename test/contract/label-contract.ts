// What every host must do with labels of SELinux: where it is off, nothing; where it is on, rules and labels, and nothing behind a link.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { Host } from '../../src/port/host.ts';
import { effectOf, type Operation, type OperationOf } from '../../src/port/operation.ts';
import { typeIn } from '../../src/port/selinux.ts';
import { fails, type OnHost } from './cases.ts';

type Labels = OperationOf<'setLabels'>;

const RELABEL = {
  type: 'setLabels',
  from: 'var_t',
  to: 'var_lib_t',
  scope: 'tree',
  except: [],
  also: [],
} as const;

export function withoutLabelsContract(name: string, on: OnHost): void {
  describe(`${name}: labels, where SELinux is off`, () => {
    on('are not told, and not changed', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`);
      assert.equal(host.selinux(), null);
      assert.equal(host.labelsAt(`${base}/d`), null);
      const rules = [{ pattern: `${base}/d`, files: 'any', from: null, to: 'var_t' }] as const;
      for (const operation of [
        { ...RELABEL, path: `${base}/d` },
        { type: 'setFileContexts', rules },
      ] as const) {
        assert.equal(effectOf(operation, host).state, 'changed');
        fails(host, operation, 'E_CHANGED');
      }
    });
  });
}

/** A host with SELinux on, whose policy has `var_t`, `var_lib_t` and `etc_t`, and an empty directory. */
export interface LabelBench {
  readonly host: Host;
  readonly base: string;
  readonly directory: (path: string) => void;
  readonly file: (path: string) => void;
  readonly link: (path: string, target: string) => void;
  readonly special: (path: string) => void;
  readonly label: (path: string, type: string) => void;
}

export function labelContract(name: string, make: () => LabelBench): void {
  const typeAt = (host: Host, path: string) => {
    const own = host.labelsAt(path)?.own ?? null;
    return own === null ? null : typeIn(own);
  };
  const others = (host: Host, path: string, type: string, except: readonly string[] = []) => {
    const { first, isAll } = host.otherLabels(path, { type, except, most: 100 });
    assert.ok(isAll);
    return Object.fromEntries(first.map((one) => [one.path, one.type]));
  };

  describe(`${name}: labels`, () => {
    it('are told of a directory, and of one that would be made; and types by the policy', () => {
      const { host, base, directory, label } = make();
      directory(`${base}/d`);
      label(`${base}/d`, 'var_t');
      assert.equal(typeAt(host, `${base}/d`), 'var_t');
      const { own, made } = host.labelsAt(`${base}/d/e/f`) ?? assert.fail();
      assert.equal(own, null);
      assert.equal(typeIn(made), 'var_t');
      directory(`${base}/d/e`);
      assert.equal(typeAt(host, `${base}/d/e`), 'var_t', 'as was told');
      assert.deepEqual(host.typesKnown(['var_t', 'no_such_t', 'etc_t']), new Set(['var_t', 'etc_t']));
    });

    it('are given to what has one type and to what is named, through no link, and taken back', async () => {
      const { host, base, directory, file, link, special, label } = make();
      for (const path of ['', '/a', '/a/b', '/own', '/own/in', '/kept']) directory(`${base}/d${path}`);
      for (const path of ['/a/one', '/a/b/two', '/own/in/three', '/kept/four']) file(`${base}/d${path}`);
      directory(`${base}/outside`);
      file(`${base}/outside/x`);
      link(`${base}/d/a/link`, `${base}/outside`);
      special(`${base}/d/a/pipe`);
      label(`${base}/outside`, 'var_t');
      label(`${base}/outside/x`, 'var_t');
      for (const path of [
        '',
        '/a',
        '/a/b',
        '/a/one',
        '/a/link',
        '/a/pipe',
        '/own',
        '/own/in',
        '/own/in/three',
      ])
        label(`${base}/d${path}`, 'var_t');
      label(`${base}/d/a/b/two`, 'etc_t');
      label(`${base}/d/kept`, 'etc_t');
      label(`${base}/d/kept/four`, 'var_t');
      const before = others(host, `${base}/d`, 'var_t');
      assert.deepEqual(before, { 'a/b/two': 'etc_t', kept: 'etc_t' });
      assert.deepEqual(others(host, `${base}/d`, 'var_t', ['kept', 'a']), {});
      assert.deepEqual(host.otherLabels(`${base}/d`, { type: 'usr_t', except: [], most: 2 }).isAll, false);

      const operation: Labels = {
        ...RELABEL,
        path: `${base}/d`,
        except: ['own'],
        also: [{ path: 'a/b/two', from: 'etc_t', to: 'var_lib_t' }],
      };
      assert.equal(effectOf(operation, host).state, 'open');
      host.perform(operation);
      assert.equal(effectOf(operation, host).state, 'done');
      assert.deepEqual(others(host, `${base}/d`, 'var_lib_t'), {
        own: 'var_t',
        'own/in': 'var_t',
        'own/in/three': 'var_t',
        kept: 'etc_t',
      });
      assert.equal(typeAt(host, `${base}/outside`), 'var_t');
      assert.deepEqual(others(host, `${base}/outside`, 'var_t'), {});

      // It was interrupted: the topmost one is last.
      label(`${base}/d`, 'var_t');
      assert.equal(effectOf(operation, host).state, 'open');
      const ended = await host.performLong(operation, { stopRequested: () => false, onProgress: () => {} });
      assert.equal(ended, 'done');

      const undo: Labels = {
        ...operation,
        ...{ from: operation.to, to: operation.from },
        also: operation.also.map(({ path, from, to }) => ({ path, from: to, to: from })),
      };
      host.perform(undo);
      assert.deepEqual(others(host, `${base}/d`, 'var_t'), before);
    });

    it('of a directory alone leave what is in it, and of another one all', () => {
      const { host, base, directory, label } = make();
      for (const path of ['/d', '/d/in']) directory(`${base}${path}`);
      for (const path of ['/d', '/d/in']) label(`${base}${path}`, 'var_t');
      const operation: Labels = { ...RELABEL, path: `${base}/d`, scope: 'directory' };
      host.perform(operation);
      assert.deepEqual([typeAt(host, `${base}/d`), typeAt(host, `${base}/d/in`)], ['var_lib_t', 'var_t']);
      label(`${base}/d`, 'etc_t');
      for (const other of [operation, { ...operation, path: `${base}/d/in`, inode: '1' }]) {
        assert.equal(effectOf(other, host).state, 'changed');
        assert.equal(codeOf(host, other), 'E_CHANGED');
      }
      assert.deepEqual([typeAt(host, `${base}/d`), typeAt(host, `${base}/d/in`)], ['etc_t', 'var_t']);
    });
  });

  it(`${name}: rules for labels are recorded together, changed, and taken back`, () => {
    const { host, base } = make();
    const told = () =>
      (host.selinux()?.rules ?? [])
        .filter(({ pattern }) => pattern.startsWith(base))
        .map(({ pattern, files, context }) => [pattern.slice(base.length), files, typeIn(context ?? '')]);
    const operation: OperationOf<'setFileContexts'> = {
      type: 'setFileContexts',
      rules: [
        { pattern: base, files: '-d', from: null, to: 'var_lib_t' },
        { pattern: `${base}/d(/.*)?`, files: 'any', from: null, to: 'var_t' },
        { pattern: `${base}/d/log(/.*)?`, files: 'any', from: null, to: 'etc_t' },
      ],
    };
    const reversed = {
      ...operation,
      rules: operation.rules.map((rule) => ({ ...rule, from: rule.to, to: rule.from })).toReversed(),
    };
    assert.equal(effectOf(operation, host).state, 'open');
    host.perform(operation);
    assert.equal(effectOf(operation, host).state, 'done');
    // In this order: of those that match, the last one counts.
    assert.deepEqual(told(), [
      ...[
        ['', '-d', 'var_lib_t'],
        ['/d(/.*)?', 'any', 'var_t'],
        ['/d/log(/.*)?', 'any', 'etc_t'],
      ],
    ]);
    // A second time it does nothing; what somebody changed meanwhile stays as it is.
    host.perform(operation);
    const change = { pattern: base, files: '-d', from: 'etc_t', to: 'var_t' } as const;
    assert.equal(codeOf(host, { type: 'setFileContexts', rules: [change] }), 'E_CHANGED');
    host.perform({ type: 'setFileContexts', rules: [{ ...change, from: 'var_lib_t', to: 'var_t' }] });
    assert.equal(effectOf(reversed, host).state, 'changed');
    host.perform({ type: 'setFileContexts', rules: [{ ...change, from: 'var_t', to: 'var_lib_t' }] });
    host.perform(reversed);
    assert.deepEqual(told(), []);
  });
}

function codeOf(host: Host, operation: Operation): string {
  try {
    host.perform(operation);
    return 'done';
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error.diagnostics[0]?.code ?? '';
  }
}
