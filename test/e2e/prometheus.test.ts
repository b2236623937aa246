// The whole way: real files → record → serve → Prometheus → rule → Alertmanager → webhook; and the program's own parts of
// it on a real host. Servers of the distribution run beside the throwaway host, which has this machine's network.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { jtsHot, runJtsHot } from './product.ts';
import { type HostProcess, REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;

const LAYOUT = `
monitoring:
  group: watchers
services:
  kafka:
    planned: 4MB
`;

/** A disk of 64 MiB with one service on it, and a user who may read the history. */
function host(): ThrowawayHost {
  const started = startHost({
    disks: [{ at: '/data/jts/hot', size: '64m' }],
    prepare: `
      groupadd watchers
      useradd --gid watchers --home-dir / --shell /usr/sbin/nologin watcher
      mkdir -p /etc/jts
      printf '%s' '${LAYOUT}' > /etc/jts/hot-storage.yaml`,
  });
  started.run(['mkdir', '-p', '/data/jts/hot/kafka/data']);
  return started;
}

function fill(on: ThrowawayHost, bytes: number): void {
  writeFileSync(on.path('/data/jts/hot/kafka/data/segment'), Buffer.alloc(bytes, 1));
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks until it is so, or `alive` says no more. */
async function until<T>(what: string, ask: () => Promise<T | null>, alive: () => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await ask().catch(() => null);
    if (found !== null) return found;
    assert.ok(alive() && Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Served {
  readonly url: string;
  readonly process: HostProcess;
}

async function serve(on: ThrowawayHost, asUser: string): Promise<Served> {
  const port = await freePort();
  const process = on.spawn(jtsHot('serve', '--listen', `127.0.0.1:${port}`), { asUser });
  let over = false;
  void process.ended.then(() => {
    over = true;
  });
  const url = `http://127.0.0.1:${port}`;
  await until(
    'an answer',
    async () => ((await fetch(`${url}/healthz`)).ok ? true : null),
    () => !over,
  );
  return { url, process };
}

const scrape = async (url: string) => (await fetch(`${url}/metrics`)).text();

describe('jts-hot serve', () => {
  it('serves as a user of the group what root records, also when the history begins anew', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = host();
    const { url, process } = await serve(on, 'watcher');
    assert.match(await scrape(url), /^jts_hot_report_available\{base="\/data\/jts\/hot"\} 0$/m);

    fill(on, 1_000_000);
    runJtsHot(on, ['record']);
    const first = await scrape(url);
    assert.match(first, /^jts_hot_report_available\{base="\/data\/jts\/hot"\} 1$/m);
    const used = Number(/^jts_hot_service_used_bytes\{.*"kafka"\} (\d+)$/m.exec(first)?.[1]);
    const du = on.run(['du', '-s', '-x', '--block-size=1', '/data/jts/hot/kafka']).stdout;
    assert.equal(used, Number.parseInt(du, 10));

    on.run(['sh', '-c', 'rm /var/lib/jts-hot/history/history.db* /var/lib/jts-hot/published/history.db']);
    assert.match(await scrape(url), /^jts_hot_report_available\{.*\} 0$/m);
    fill(on, 2_000_000);
    runJtsHot(on, ['record']);
    assert.match(await scrape(url), /^jts_hot_service_apparent_bytes\{.*"kafka"\} 200\d{4}$/m);

    process.kill('SIGTERM');
    const { status, signal, stdout, stderr } = await process.ended;
    assert.deepEqual([status, signal, stdout], [0, null, '']);
    assert.deepEqual(stderr.split('\n'), [
      `jts-hot: serving metrics at ${url}/metrics`,
      'jts-hot: there is no report yet: sudo jts-hot record',
      'jts-hot: there is a report again',
      'jts-hot: there is no report yet: sudo jts-hot record',
      'jts-hot: there is a report again',
      '',
    ]);
  });

  it('says to a user outside of the group why there is no report', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = host();
    runJtsHot(on, ['record']);
    const { url, process } = await serve(on, 'nobody');
    const text = await scrape(url);
    assert.match(text, /^# cannot read the history.*EACCES/m);
    assert.match(text, /^jts_hot_report_available\{.*\} 0$/m);
    process.kill('SIGINT');
    assert.equal((await process.ended).status, 0);
  });

  it('ends with a message where the port is taken, and where others could ask', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = host();
    const { url, process } = await serve(on, 'watcher');
    const listen = new URL(url).host;
    const taken = runJtsHot(on, ['serve', '--metrics', '--listen', listen], 1);
    assert.match(taken.stderr, /cannot listen.*\[E_LISTEN\]/);
    const open = runJtsHot(on, ['serve', '--metrics', '--listen', '0.0.0.0:0'], 3);
    assert.match(open.stderr, /refusing to answer other machines without consent.*\[E_REMOTE\]/s);
    process.kill('SIGTERM');
    await process.ended;
  });
});

describe('jts-hot monitor, for monitoring systems', () => {
  it('writes for a textfile collector what it prints, for all to read', (t) => {
    if (!requires(t, ...NEEDS, 'promtool')) return;
    using on = host();
    fill(on, 1_000_000);
    const { stdout } = on.run(jtsHot('monitor', '--prometheus', '-', '--no-record'));
    const path = '/var/lib/jts-hot.prom';
    const printed = on.run(jtsHot('monitor', '--prometheus', path, '--no-record'));
    assert.equal(printed.stdout, '');
    assert.equal(statSync(on.path(path)).mode & 0o777, 0o644);
    const written = readFileSync(on.path(path), 'utf8');
    const steady = (text: string) => text.replace(/^jts_hot_sample_timestamp.*$/m, '');
    assert.equal(steady(written), steady(stdout));
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: written, encoding: 'utf8' });
    assert.deepEqual([checked.status, checked.stderr], [0, '']);
  });

  it('says in one line what its exit status says', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using on = host();
    fill(on, 3_950_000);
    const { status, stdout } = on.run(jtsHot('monitor', '--nagios', '--no-record'));
    assert.equal(status, 2, stdout);
    assert.match(
      stdout,
      /^JTS-HOT CRITICAL - disk .*; CRITICAL kafka 9\d(\.\d)? % of its 4\.00 MB; .* \| .* 'kafka'=39\d+B;3200000;3600000;0;4000000\b.*\n$/,
    );
  });
});

describe('from a full directory to somebody who is told', () => {
  it('passes Prometheus, a rule and Alertmanager, there and back', async (t) => {
    if (!requires(t, ...NEEDS, 'Prometheus and Alertmanager')) return;
    using on = host();
    fill(on, 5_000_000);
    runJtsHot(on, ['record']);
    const { url } = await serve(on, 'watcher');
    const told = await startReceiver();
    const directory = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const servers: ChildProcess[] = [];
    try {
      await startServers(directory, { metrics: new URL(url).host, webhook: told.url, servers });
      const alive = () => servers.every((server) => server.exitCode === null);
      const named = (status: string) => async () =>
        told.alerts.find(
          ({ labels, ...alert }) =>
            labels['alertname'] === 'JtsHotServiceOverPlan' && alert.status === status,
        ) ?? null;

      const { labels, annotations } = await until('the alert', named('firing'), alive);
      assert.deepEqual(
        [labels['service'], labels['base'], labels['severity']],
        ['kafka', '/data/jts/hot', 'warning'],
      );
      assert.equal(annotations['runbook'], 'jts-hot usage kafka --base /data/jts/hot');
      assert.match(annotations['description'] ?? '', /^kafka on .* uses 12\d\.?\d*% of its planned space/);

      fill(on, 1_000_000);
      runJtsHot(on, ['record']);
      await until('the all-clear', named('resolved'), alive);
    } catch (error) {
      throw new Error(readFileSync(join(directory, 'log'), 'utf8').slice(-4000), { cause: error });
    } finally {
      for (const server of servers) server.kill('SIGKILL');
      told.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

interface Alert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

async function startReceiver() {
  const alerts: Alert[] = [];
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      alerts.push(...JSON.parse(body).alerts);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, alerts, close };
}

/** The product's own rules and inhibitions, with waits of a second instead of an hour. */
async function startServers(
  directory: string,
  to: { readonly metrics: string; readonly webhook: string; readonly servers: ChildProcess[] },
): Promise<void> {
  const [port, alertPort] = [await freePort(), await freePort()];
  const ours = (name: string) => readFileSync(join(REPOSITORY, 'monitoring', name), 'utf8');
  const replaced = (text: string, pattern: RegExp, by: string) => {
    assert.match(text, pattern);
    return text.replace(pattern, by);
  };
  const put = (name: string, text: string) => writeFileSync(join(directory, name), text);
  put('prometheus-rules.yml', replaced(ours('prometheus-rules.yml'), /for: \w+/g, 'for: 1s'));
  const scraped = replaced(ours('prometheus-scrape.yml'), /'localhost:9847'/, `'${to.metrics}'`);
  put(
    'prometheus.yml',
    `${replaced(scraped, /scrape_interval: 1m/, 'scrape_interval: 500ms\n    scrape_timeout: 500ms')}
global: { evaluation_interval: 500ms }
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertPort}'] }] }] }
`,
  );
  const quick = replaced(ours('alertmanager.yml'), /group_wait: \w+/, 'group_wait: 100ms');
  put(
    'alertmanager.yml',
    replaced(replaced(quick, /group_interval: \w+/, 'group_interval: 1s'), /https:\S+/g, to.webhook),
  );
  const start = (command: string, args: readonly string[]) => {
    const log = openSync(join(directory, 'log'), 'a');
    const server = spawn(command, args, { cwd: directory, stdio: ['ignore', log, log] });
    server.on('error', () => {});
    to.servers.push(server);
    closeSync(log);
  };
  start('prometheus-alertmanager', [
    '--config.file=alertmanager.yml',
    '--storage.path=alerts',
    `--web.listen-address=127.0.0.1:${alertPort}`,
    '--cluster.listen-address=',
  ]);
  start('prometheus', [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
}
