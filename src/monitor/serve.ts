// `jts-hot serve`: answers scrapes with the last recorded report.
// Must not measure: `record` decides how often that happens, not the scrapers.

import { BlockList, isIP, isIPv4 } from 'node:net';
import { backupStates } from '../backup/state.ts';
import type { Answer, Context } from '../command/context.ts';
import { type Endpoint, formatEndpoint, type Page, startHttpServer, text } from '../host/http-server.ts';
import { cleanFacts } from '../maintain/cleaned.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { plain } from '../messages/paint.ts';
import { checksFacts } from './checks-facts.ts';
import { buildInfo, renderPrometheus } from './prometheus.ts';
import { METRICS_TYPE, type Metric, renderMetrics } from './prometheus-format.ts';
import type { ChecksFacts, MonitorResult } from './report-document.ts';
import type { ServeResult } from './serve-document.ts';

/** Of this machine only. */
export const DEFAULT_LISTEN = '127.0.0.1:9847';

export interface ServeOptions {
  /** `ADDRESS:PORT`; an IPv6 address in brackets; port 0: any that is free. */
  readonly listen: string;
  /** Agreed to answer other machines too. */
  readonly allowRemote: boolean;
  /** Names by which it may be asked, beside addresses, localhost and, with `allowRemote`, what this machine is called. */
  readonly hosts: readonly string[];
  /** One line for the person who started it: where it serves, and why there is no report when that changes. */
  readonly announce: (line: string) => void;
  /** Ends it. */
  readonly stop: AbortSignal;
}

/** Returns when it was stopped. */
export async function serveCommand(context: Context, options: ServeOptions): Promise<Answer<ServeResult>> {
  const endpoint = parseListen(options.listen);
  if (!options.allowRemote && !isLoopback(endpoint.address))
    throw new Problem(EXIT.refused, [
      diagnostic('E_REMOTE', 'refusing to answer other machines without consent', {
        at: '--listen',
        detail: `want an address of this machine only, found ${endpoint.address}: no password is asked`,
        hint: `where a firewall sees to who may ask: jts-hot ${context.invocation} --allow-remote`,
      }),
    ]);
  const metrics = createMetrics(context, options.announce);
  let scrapes = 0;
  const pageAt = (path: string): Page | null => {
    if (path === '/metrics') {
      scrapes += 1;
      return { status: 200, contentType: METRICS_TYPE, body: metrics() };
    }
    if (path === '/healthz') return text(200, 'ok');
    return path === '/' ? startPage(context) : null;
  };
  const names = options.allowRemote ? [...options.hosts, context.hostName] : options.hosts;
  const server = await startHttpServer(endpoint, { pageAt, names: names.map((name) => name.toLowerCase()) });
  const listened = formatEndpoint(server.endpoint);
  options.announce(`serving metrics at http://${listened}/metrics`);
  await stopped(options.stop);
  await server.close();
  return { exitCode: EXIT.ok, problems: [], result: { listened, scrapes } };
}

function parseListen(listen: string): Endpoint {
  const [, inBrackets, bare, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(listen) ?? [];
  // Not looked up: what stands for this machine must not depend on a name server.
  const address = bare === 'localhost' ? '127.0.0.1' : (inBrackets ?? bare ?? '');
  const port = Number(digits);
  const bracketed = inBrackets !== undefined;
  if (isIP(address) === 0 || isIPv4(address) === bracketed || !(port <= 65_535))
    throw new Problem(EXIT.usage, [
      diagnostic('E_LISTEN_ADDRESS', 'cannot understand where to listen', {
        at: '--listen',
        detail: `want ADDRESS:PORT with an IP address, found ${JSON.stringify(listen)}`,
        hint: `for example: --listen ${DEFAULT_LISTEN} or --listen [::1]:9847`,
      }),
    ]);
  return { address, port };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * The text of a scrape. The history is opened for each: it is found again when its file was replaced, and nobody who
 * wants to write it waits for us. The same report is rendered once.
 */
function createMetrics(context: Context, announce: (line: string) => void): () => string {
  let last: (LastReport & { readonly body: string }) | null = null;
  let announced: string | null = null;
  const { base } = context.layout;
  return () => {
    let missing: string | null = null;
    const report = lastReport(context);
    if ('missing' in report) missing = report.missing;
    else if (!isSame(report, last)) {
      const body = bodyOf(report, context.program);
      if (body === null)
        missing = 'cannot read the last report: another version wrote it; sudo jts-hot record';
      else last = { ...report, body: body + renderMetrics([available(base, 1)]) };
    }
    if (missing !== announced) announce(missing ?? 'there is a report again');
    announced = missing;
    if (missing === null && last !== null) return last.body;
    const rest = renderMetrics([...buildInfo(base, context.program), available(base, 0)]);
    return `# ${missing}\n${rest}`;
  };
}

/** null: it is not what this version writes. */
function bodyOf({ at, json, ...newer }: LastReport, program: string): string | null {
  try {
    const result = JSON.parse(json) as MonitorResult;
    return renderPrometheus({ ...result, ...newer }, new Date(at).toISOString(), program);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
      return null;
    throw error;
  }
}

/** Answered with 200 also where there is no report: `up` says that this program runs, and this one what it has. */
function available(base: string, value: 0 | 1): Metric {
  return {
    name: 'jts_hot_report_available',
    help: 'Whether (1) there is a recorded report to serve, or not (0).',
    series: [[{ base }, value]],
  };
}

interface LastReport {
  readonly at: number;
  readonly json: string;
  /** Of the last proof, which may be newer than the report. */
  readonly checks: ChecksFacts | null;
  readonly cleaning?: NonNullable<MonitorResult['cleaning']>;
  /** As the history knows them now. */
  readonly backups: MonitorResult['backups'];
}

function isSame(report: LastReport, last: LastReport | null): boolean {
  return (
    report.at === last?.at &&
    report.json === last.json &&
    report.checks?.at === last.checks?.at &&
    JSON.stringify(report.backups) === JSON.stringify(last.backups)
  );
}

/** Or one line: why there is none, and what to type. */
function lastReport({
  history: open,
  monitoring,
  layout,
  now,
}: Context): LastReport | { readonly missing: string } {
  try {
    const history = open({ mode: 'read', group: monitoring.group });
    if (history === null) return { missing: NOTHING_RECORDED };
    try {
      const report = history.report();
      return report === null
        ? { missing: NOTHING_RECORDED }
        : {
            ...report,
            checks: checksFacts(history),
            ...cleanFacts(history),
            backups: backupStates(history, layout, Date.parse(now())),
          };
    } finally {
      history.close();
    }
  } catch (error) {
    // Whatever it is: the next scrape may find it mended.
    return { missing: plain(reasonOf(error)) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Problem)) return `cannot read the history: ${(error as Error).message}`;
  const [first] = error.diagnostics;
  const words = [first?.summary, first?.at, ...(first?.detail ?? []), first?.hint];
  return words.filter((word) => typeof word === 'string').join('; ');
}

const NOTHING_RECORDED = 'there is no report yet: sudo jts-hot record';

function startPage({ layout, program }: Context): Page {
  const lines = [
    '<!doctype html>',
    '<html lang="en"><title>jts-hot</title>',
    `<h1>jts-hot ${escaped(program)}</h1>`,
    `<p>Space below <code>${escaped(layout.base)}</code>, as last recorded: <a href="/metrics">metrics</a>.</p>`,
    '</html>',
  ];
  return { status: 200, contentType: 'text/html; charset=utf-8', body: `${lines.join('\n')}\n` };
}

function escaped(words: string): string {
  return plain(words).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
