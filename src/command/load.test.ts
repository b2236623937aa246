// What a command works on, from real files below a root of the test's own: which layout counts, and what is refused
// before the host is looked at.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import { writePlan } from '../engine/write-plan.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';
import { builtInLayout } from '../services/index.ts';
import { loadLayout, loadPlan, loadRecorded } from './load.ts';

const IN_ETC = 'etc/jts/hot-storage.yaml';

/** An empty directory, gone with the test; and how to put a file below it. */
function directory(t: TestContext): { readonly root: string; file(name: string, text: string): string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'jts-hot-load-')));
  t.after(() => rmSync(root, { recursive: true }));
  const file = (name: string, text: string) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return { root, file };
}

async function refusal(load: Promise<unknown>): Promise<Diagnostic> {
  try {
    await load;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.exitCode, 2);
    assert.equal(error.diagnostics.length, 1);
    return error.diagnostics[0] as Diagnostic;
  }
  assert.fail('nothing was refused');
}

const planned = (layout: Layout, name: string) =>
  layout.services.find((service) => service.name === name)?.plannedBytes;

describe('what a rollback works on', () => {
  it('is the host; of the layout nothing is read, and what is wrong with it is not in the way', async (t) => {
    const { root, file } = directory(t);
    const broken = file(IN_ETC, 'services: {kafka: {planned: 7GB');
    assert.deepEqual(await loadRecorded({ root }), {
      root,
      layout: builtInLayout,
      monitoring: builtInMonitoring,
      file: null,
    });
    assert.deepEqual(await loadRecorded({ root, spec: broken, base: '/srv/hot/' }), {
      root,
      layout: { ...builtInLayout, base: '/srv/hot' },
      monitoring: builtInMonitoring,
      file: null,
    });
    assert.equal((await refusal(loadRecorded({ root, base: '/etc' }))).code, 'E_SPEC_BASE');
  });

  it('must be there', async (t) => {
    const { root } = directory(t);
    assert.equal((await refusal(loadRecorded({ root: join(root, 'none') }))).code, 'E_ROOT');
  });
});

describe('the layout', () => {
  it('is the built-in one where there is no file', async (t) => {
    const { root } = directory(t);
    assert.deepEqual(await loadLayout({ root }), {
      root,
      layout: builtInLayout,
      monitoring: builtInMonitoring,
      file: null,
    });
  });

  it('is the file in its place, of that root', async (t) => {
    const { root, file } = directory(t);
    const path = file(IN_ETC, 'services: {kafka: {planned: 7GB}}\n');
    const loaded = await loadLayout({ root });
    assert.deepEqual([loaded.root, loaded.file, planned(loaded.layout, 'kafka')], [root, path, 7e9]);
  });

  it('brings what the file says of monitoring, which --base leaves alone', async (t) => {
    const { root, file } = directory(t);
    file(IN_ETC, 'monitoring: {levels: {samples: 3}, alerts: {channels: {log: {type: journal}}}}\n');
    for (const flags of [{ root }, { root, base: '/srv/hot' }]) {
      const { monitoring } = await loadLayout(flags);
      assert.deepEqual(monitoring, {
        ...builtInMonitoring,
        samples: 3,
        alerts: {
          ...builtInMonitoring.alerts,
          channels: [{ name: 'log', type: 'journal', from: 'WARNING' }],
        },
      });
    }
  });

  it('is the file that was asked for before the one in its place, and is not looked for below the root', async (t) => {
    const { root, file } = directory(t);
    file(IN_ETC, 'services: {kafka: {planned: 7GB}}\n');
    const layout = file('own.yaml', 'services: {kafka: {planned: 8GB}}\n');
    const loaded = await loadLayout({ root, spec: layout });
    assert.deepEqual([loaded.file, planned(loaded.layout, 'kafka')], [layout, 8e9]);
  });

  it('of nothing but comments is the built-in one', async (t) => {
    const { root, file } = directory(t);
    const path = file(IN_ETC, '# base: /srv/hot\n');
    assert.deepEqual(await loadLayout({ root }), {
      root,
      layout: builtInLayout,
      monitoring: builtInMonitoring,
      file: path,
      text: '# base: /srv/hot\n',
    });
  });

  it('with nothing in it at all is refused: it was to hold something', async (t) => {
    const { root, file } = directory(t);
    for (const text of ['', '\n', ' \t\r\n', '\ufeff']) {
      const path = file(IN_ETC, text);
      assert.deepEqual(await refusal(loadLayout({ root })), {
        code: 'E_SPEC_EMPTY',
        summary: 'refusing to take an empty file for a layout',
        at: path,
        detail: ['want a layout, or no file at all for the built-in one; found nothing in it'],
        fix: null,
        hint: `for the built-in layout: sudo rm ${path}`,
      });
      assert.equal((await refusal(loadLayout({ root: '/', spec: path }))).code, 'E_SPEC_EMPTY');
    }
  });

  it('that was asked for and is not there is refused, with how to start one', async (t) => {
    const { root, file } = directory(t);
    file(IN_ETC, '# not this one\n');
    const path = join(root, 'none.yaml');
    assert.deepEqual(await refusal(loadLayout({ root, spec: path })), {
      code: 'E_UNREADABLE',
      summary: 'cannot read the layout file',
      at: '--spec',
      detail: [`want a file, found none at ${path}`],
      fix: null,
      hint: 'to start one, save what this prints: jts-hot spec',
    });
  });

  it('that is no plain file, or too large, is refused unread', async (t) => {
    const { root, file } = directory(t);
    const large = file('large.yaml', '#'.repeat(1024 * 1024 + 1));
    assert.deepEqual(
      [await refusal(loadLayout({ root, spec: root })), await refusal(loadLayout({ root, spec: large }))].map(
        ({ code, at, detail }) => [code, at, detail],
      ),
      [
        ['E_UNREADABLE', root, ['want a plain file, found something else']],
        ['E_TOO_LARGE', large, ['want at most 1048576 bytes, found 1048577']],
      ],
    );
  });
});

describe('--base', () => {
  it("stands in for the layout's, written plainly, and changes nothing else", async (t) => {
    const { root, file } = directory(t);
    file(IN_ETC, 'base: /data/of-the-file\nservices: {kafka: {planned: 7GB}}\n');
    const { layout } = await loadLayout({ root, base: '//srv/hot/' });
    const without = await loadLayout({ root });
    assert.equal(without.layout.base, '/data/of-the-file');
    assert.deepEqual(layout, { ...without.layout, base: '/srv/hot' });
  });

  it('that may not be one is refused', async (t) => {
    const { root } = directory(t);
    for (const [base, complaint] of [
      ['', 'want an absolute path such as /data/jts/hot; found ""'],
      ['hot', 'want an absolute path such as /data/jts/hot; found "hot"'],
      [
        '/etc/x',
        `want a directory outside /etc, from which programs read their configuration; found "/etc/x"`,
      ],
    ] as const)
      assert.deepEqual(await refusal(loadLayout({ root, base })), {
        code: 'E_SPEC_BASE',
        summary: 'refusing to use a base directory',
        at: '--base',
        detail: [complaint],
        fix: null,
        hint: null,
      });
  });
});

describe('--root', () => {
  it('is known by its name without links', async (t) => {
    const { root, file } = directory(t);
    const path = file(`image/${IN_ETC}`, '# x\n');
    symlinkSync('image', join(root, 'link'));
    const { root: real, file: layout } = await loadLayout({ root: `${root}/./link/` });
    assert.deepEqual([real, layout], [join(root, 'image'), path]);
  });

  it('that is none is refused before any file is read; so is an empty one', async (t) => {
    const { root, file } = directory(t);
    symlinkSync('nowhere', join(root, 'dangling'));
    const bad = ['', `${root}/none`, file('f', ''), `${root}/dangling`];
    for (const one of bad)
      assert.deepEqual(await refusal(loadLayout({ root: one, spec: '/no-such-file' })), {
        code: 'E_ROOT',
        summary: 'cannot find the alternate root',
        at: '--root',
        detail: [`want a directory, found none at ${JSON.stringify(one)}`],
        fix: null,
        hint: 'mount the image first, or leave --root out to work on this host',
      });
  });
});

describe('a saved plan', () => {
  const LAYOUT = smallLayout('kafka');
  const planOf = (root: string) =>
    writePlan({ ...makePlan(LAYOUT, createHost(), ['kafka']), root }, 'test', '2026-01-01T00:00:00Z');

  it('brings its own layout and root', async (t) => {
    const { root, file } = directory(t);
    file(IN_ETC, 'base: /data/not-this-one\n');
    const plan = makePlan(LAYOUT, createHost(), ['kafka']);
    const loaded = await loadPlan(file('plan.json', planOf(root)));
    assert.deepEqual(loaded.loaded, {
      root,
      file: null,
      layout: plan.spec,
      monitoring: builtInMonitoring,
    });
    assert.deepEqual(
      [loaded.plan.adopt, loaded.plan.steps, loaded.plan.root],
      [['kafka'], JSON.parse(JSON.stringify(plan.steps)), root],
    );
  });

  it('that is not there is refused, with how to make one', async (t) => {
    const { root } = directory(t);
    assert.deepEqual(await refusal(loadPlan(`${root}/none.json`)), {
      code: 'E_UNREADABLE',
      summary: 'cannot read the saved plan',
      at: '--plan',
      detail: [`want a file, found none at ${root}/none.json`],
      fix: null,
      hint: 'to make one: sudo jts-hot plan --out /root/hot.plan',
    });
  });

  it('whose root is gone, or that is no plan, is refused', async (t) => {
    const { root, file } = directory(t);
    const gone = file('gone.json', planOf(`${root}/none`));
    assert.equal((await refusal(loadPlan(gone))).code, 'E_ROOT');
    assert.equal((await refusal(loadPlan(file('empty.json', '')))).code, 'E_PLAN_FILE');
  });
});
