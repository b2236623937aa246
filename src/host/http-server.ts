// Owns answering HTTP: listening, what a request may be and how long it may take, ending cleanly.
// Must not know what the pages say.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { diagnostic, EXIT, Problem } from '../diagnostic.ts';
import { errnoText } from '../errno.ts';

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Endpoint {
  /** An IP address. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface HttpServer {
  readonly endpoint: Endpoint;
  /** Answers what was asked already. */
  close(): Promise<void>;
}

export interface Limits {
  readonly connections: number;
  readonly headerBytes: number;
  /** For the whole header of a request. */
  readonly headerMs: number;
  /** Of a connection on which nothing happens: also of whoever asks, and then does not read. */
  readonly idleMs: number;
  /** For answers that are on their way when it ends. */
  readonly closeMs: number;
}

/** A scraper needs one connection; whoever opens many shall not cost us more than this. */
const LIMITS: Limits = {
  connections: 32,
  headerBytes: 8 * 1024,
  headerMs: 5_000,
  idleMs: 10_000,
  closeMs: 1_000,
};

/** `pageAt` answers GET of a path without its query; null: there is none. Throws a Problem where it cannot listen. */
export async function startHttpServer(
  { address, port }: Endpoint,
  pageAt: (path: string) => Page | null,
  limits: Limits = LIMITS,
): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headerMs),
    },
    (request, response) => respond(request, { response, pageAt }),
  );
  server.maxConnections = limits.connections;
  server.timeout = limits.idleMs;
  await listening(server, { address, port });
  const found = server.address() as AddressInfo;
  return {
    endpoint: { address: found.address, port: found.port },
    close: () => closed(server, limits.closeMs),
  };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function respond(
  request: IncomingMessage,
  { response, pageAt }: { readonly response: ServerResponse; readonly pageAt: (path: string) => Page | null },
): void {
  const { status, contentType, body } = pageFor(request, pageAt);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    // What else comes on this connection may be the body that nobody reads.
    ...(hasBody(request) ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function pageFor(request: IncomingMessage, pageAt: (path: string) => Page | null): Page {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'want GET or HEAD');
  if (hasBody(request)) return text(400, 'want a request without a body');
  const [path = ''] = (request.url ?? '').split('?', 1);
  return pageAt(path) ?? text(404, 'no such page; see /');
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

export function text(status: number, line: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function listening(server: Server, { address, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      reject(cannotListen(code, { address, port }));
    });
    server.listen({ host: address, port, exclusive: true }, resolve);
  });
}

function cannotListen(code: string, endpoint: Endpoint): Problem {
  const { port } = endpoint;
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `see who has it (ss -ltnp 'sport = :${port}'), or take another port with --listen`,
    EACCES: 'take a port from 1024 on with --listen: those below are for root',
    EADDRNOTAVAIL: 'want an address of this machine: see ip -brief address',
  };
  return new Problem(EXIT.failed, [
    diagnostic('E_LISTEN', 'cannot listen', {
      at: formatEndpoint(endpoint),
      detail: `found ${errnoText(code)}`,
      hint: hints[code] ?? 'take another address or port with --listen',
    }),
  ]);
}

async function closed(server: Server, closeMs: number): Promise<void> {
  const over = new Promise<void>((resolve) => server.close(() => resolve()));
  const impatient = setTimeout(() => server.closeAllConnections(), closeMs);
  await over;
  clearTimeout(impatient);
}
