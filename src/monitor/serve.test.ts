// Scrapes over a real connection: what is served is what was recorded last, and nothing is measured for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { REPORT } from '../../test/monitor-report.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { type ServeOptions, serveCommand } from './serve.ts';
import type { ServeResult } from './serve-document.ts';

const READ = { mode: 'read', group: null } as const;
const WRITE = { mode: 'write', group: null } as const;
const LISTEN = '127.0.0.1:0';

function record(host: MemoryHost, at: string, report: unknown): void {
  const history = host.history(WRITE);
  assert.ok(history !== null);
  history.transaction(() => {
    history.append({ at: Date.parse(at), uses: new Map() });
    history.setReport(Date.parse(at), typeof report === 'string' ? report : JSON.stringify(report));
  });
  history.close();
}

interface Serving {
  readonly get: (path: string, options?: RequestInit) => Promise<Response>;
  readonly announced: readonly string[];
}

/** `act` while it serves; what the command gave in the end. */
async function serving(
  host: MemoryHost,
  act: (serving: Serving) => Promise<void>,
  options: Partial<ServeOptions> = {},
): Promise<ServeResult> {
  const announced: string[] = [];
  const stop = new AbortController();
  let told: (line: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    told = resolve;
  });
  const over = serveCommand(
    contextOf(createHost(), smallLayout('kafka'), {
      host,
      history: host.history,
      invocation: 'serve --metrics',
    }),
    {
      listen: LISTEN,
      allowRemote: false,
      hosts: [],
      announce: (line) => {
        announced.push(line);
        told(line);
      },
      stop: stop.signal,
      ...options,
    },
  );
  const first = await Promise.race([address, over.then(() => assert.fail('it did not serve'))]);
  const url = /^serving metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics$/.exec(first)?.[1];
  assert.ok(url !== undefined, first);
  try {
    await act({ get: (path, init) => fetch(url + path, init), announced });
  } finally {
    stop.abort();
  }
  const { exitCode, problems, result } = await over;
  assert.deepEqual([exitCode, problems], [0, []]);
  assert.ok(result !== null);
  assert.ok(url.endsWith(`//${result.listened}`));
  return result;
}

/** A host that must not be measured. */
function quietHost(host: MemoryHost): MemoryHost {
  const measured = () => assert.fail('a scrape measures nothing');
  return { ...host, measure: measured, walk: measured, fileSystem: measured };
}

async function problemOf(options: Partial<ServeOptions>): Promise<Problem> {
  const failure = await serving(createHost(), async () => {}, options).then(
    () => assert.fail('it serves'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Problem, String(failure));
  return failure;
}

describe('serveCommand', () => {
  it('serves the last report with its time, in the type that Prometheus asks for', async () => {
    const host = createHost();
    record(host, '2026-01-01T00:00:00Z', REPORT);
    const { scrapes } = await serving(quietHost(host), async ({ get }) => {
      const answer = await get('/metrics');
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      const text = await answer.text();
      assert.match(text, /^jts_hot_report_available\{base="\/data\/jts\/hot"\} 1$/m);
      assert.match(text, /^jts_hot_sample_timestamp_seconds\{.*\} 1767225600$/m);
      assert.match(text, /^jts_hot_build_info\{.*version="test"\} 1$/m);
      assert.match(text, /^jts_hot_service_used_bytes\{.*service="kafka"\} 850000000$/m);

      record(host, '2026-01-01T06:00:00Z', { ...REPORT, entries: 4321 });
      const later = await (await get('/metrics')).text();
      assert.match(later, /^jts_hot_sample_timestamp_seconds\{.*\} 1767247200$/m);
      assert.match(later, /^jts_hot_scan_entries\{.*\} 4321$/m);
    });
    assert.equal(scrapes, 2);
  });

  it('serves what the last proof came to, also where it is newer than the report', async () => {
    const host = createHost();
    record(host, '2026-01-01T00:00:00Z', { ...REPORT, checks: undefined });
    await serving(quietHost(host), async ({ get }) => {
      const checks = async () =>
        (await (await get('/metrics')).text())
          .match(/^jts_hot_checks.*$/gm)
          ?.map((line) => line.split('"').slice(3).join('"'));
      assert.equal(await checks(), undefined);
      for (const [hour, failed] of [3, 0].entries()) {
        const history = host.history(WRITE);
        const counts = { passed: 80, failed, warnings: 1, skipped: 2 };
        history?.setChecks({ ...counts, at: hour * 3_600_000, level: 'CRITICAL', since: 0, notHeld: [] });
        history?.close();
        assert.deepEqual(await checks(), [
          'passed"} 80',
          `failed"} ${failed}`,
          'warning"} 1',
          'skipped"} 2',
          '',
        ]);
      }
    });
  });

  it('says so where there is no report yet, once, and serves it as soon as there is one', async () => {
    const host = createHost();
    await serving(host, async ({ get, announced }) => {
      for (let i = 0; i < 2; i += 1) {
        const answer = await get('/metrics');
        assert.equal(answer.status, 200);
        const text = await answer.text();
        assert.match(text, /^# there is no report yet: sudo jts-hot record$/m);
        assert.match(text, /^jts_hot_report_available\{base="\/data\/jts\/hot"\} 0$/m);
        assert.match(text, /^jts_hot_build_info/m);
        assert.doesNotMatch(text, /jts_hot_sample_timestamp_seconds/);
      }
      assert.deepEqual(announced.slice(1), ['there is no report yet: sudo jts-hot record']);
      assert.equal(host.history(READ), null, 'a scrape makes no history');
      record(host, '2026-01-01T00:00:00Z', REPORT);
      assert.match(await (await get('/metrics')).text(), /^jts_hot_report_available\{.*\} 1$/m);
      assert.equal(announced.length, 3);
    });
  });

  for (const [what, json] of [
    ['a report of another shape', '{"base":"/data/jts/hot"}'],
    ['no object', 'null'],
  ] as const)
    it(`says so where the last report is ${what}`, async () => {
      const host = createHost();
      record(host, '2026-01-01T00:00:00Z', json);
      await serving(host, async ({ get }) => {
        const text = await (await get('/metrics')).text();
        assert.match(text, /^# cannot read the last report: another version wrote it; sudo jts-hot record$/m);
        assert.match(text, /^jts_hot_report_available\{.*\} 0$/m);
      });
    });

  const failures: readonly (readonly [string, Error, string])[] = [
    [
      'it may not read the history',
      new Problem(EXIT.failed, [
        diagnostic('E_HISTORY', 'cannot read the history', { detail: 'found \x1b[1m', hint: 'sudo ls' }),
      ]),
      '# cannot read the history; found \\x1b[1m; sudo ls',
    ],
    ['nobody foresaw it', new Error('disk I/O\nerror'), '# cannot read the history: disk I/O\\x0aerror'],
  ];
  for (const [what, failure, line] of failures)
    it(`says so, and goes on, where ${what}`, async () => {
      const history = () => {
        throw failure;
      };
      await serving({ ...createHost(), history }, async ({ get }) => {
        const lines = (await (await get('/metrics')).text()).split('\n');
        assert.equal(lines[0], line);
        assert.ok(lines.includes('jts_hot_report_available{base="/data/jts/hot"} 0'));
        assert.equal((await get('/healthz')).status, 200);
      });
    });

  it('has a page for people, one for the operator, and no other', async () => {
    await serving(createHost(), async ({ get }) => {
      const page = await get('/');
      assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.match(await page.text(), /<code>\/data\/jts\/hot<\/code>.*<a href="\/metrics">/);
      assert.equal(await (await get('/healthz')).text(), 'ok\n');
      assert.equal((await get('/metrics/')).status, 404);
      assert.equal((await get('/metrics', { method: 'POST', body: 'x' })).status, 405);
    });
  });

  for (const listen of [
    ':9847',
    '9847',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    'trader1:9847',
    '::1:9847',
    '[127.0.0.1]:1',
    '[::1',
    '',
  ])
    it(`does not take ${JSON.stringify(listen)} for an address`, async () => {
      const { exitCode, diagnostics } = await problemOf({ listen });
      assert.deepEqual([exitCode, diagnostics[0]?.code], [EXIT.usage, 'E_LISTEN_ADDRESS']);
    });

  for (const listen of ['0.0.0.0:0', '[::]:0', '192.0.2.1:0', '[2001:db8::1]:0', '[::ffff:192.0.2.1]:0'])
    it(`refuses ${listen} without consent`, async () => {
      const { exitCode, diagnostics } = await problemOf({ listen });
      assert.deepEqual([exitCode, diagnostics[0]?.code], [EXIT.refused, 'E_REMOTE']);
      assert.ok(diagnostics[0]?.hint?.endsWith('jts-hot serve --metrics --allow-remote'));
    });

  it('takes this machine by its name, and other addresses with consent', async () => {
    await serving(createHost(), async () => {}, { listen: 'localhost:0' });
    const { diagnostics } = await problemOf({ listen: '192.0.2.1:0', allowRemote: true });
    assert.equal(diagnostics[0]?.code, 'E_LISTEN');
  });

  it('ends at once where it was stopped before it began', async () => {
    await serving(createHost(), async () => {}, { stop: AbortSignal.abort() });
  });
});
