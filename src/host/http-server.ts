// Owns answering HTTP: listening, what a request may be and how long it may take, ending cleanly.
// Must not know what the pages say.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, isIPv6, type Socket } from 'node:net';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { errnoText } from '../values/errno.ts';

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
  /** Answers the requests that have arrived. */
  close(): Promise<void>;
}

export interface Limits {
  /** One connection more ends the one that has been idle for longest, or is refused where none is idle. */
  readonly connections: number;
  readonly headerBytes: number;
  /** For the whole header of a request. */
  readonly headerMs: number;
  /** For a connection on which nothing happens, also because the client asks and then does not read. */
  readonly idleMs: number;
  /** For answers under way when the server ends. */
  readonly closeMs: number;
}

/** A scraper needs one connection; a client that opens many must not cost us more than this. */
const LIMITS: Limits = {
  connections: 32,
  headerBytes: 8 * 1024,
  headerMs: 5_000,
  idleMs: 10_000,
  closeMs: 1_000,
};

export interface Site {
  /** Answers GET of a path without its query; null: there is none. */
  readonly pageAt: (path: string) => Page | null;
  /**
   * Names in lower case by which it may be asked, beside addresses and localhost. A page in somebody's browser can be made to
   * ask any address, but only by a name of its own (DNS rebinding).
   */
  readonly names: readonly string[];
}

/** Throws a Problem where it cannot listen. */
export async function startHttpServer(
  { address, port }: Endpoint,
  site: Site,
  limits: Limits = LIMITS,
): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headerMs),
    },
    (request, response) => respond(request, { response, site }),
  );
  boundConnections(server, limits.connections);
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
  { response, site }: { readonly response: ServerResponse; readonly site: Site },
): void {
  const { status, contentType, body } = pageFor(request, site);
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

function pageFor(request: IncomingMessage, { pageAt, names }: Site): Page {
  if (!isAskedFor(request.headers.host, names))
    return text(421, 'want an address, localhost or a name that was allowed (--host) in the header Host');
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'want GET or HEAD');
  if (hasBody(request)) return text(400, 'want a request without a body');
  const [path = ''] = (request.url ?? '').split('?', 1);
  return pageAt(path) ?? text(404, 'no such page; see /');
}

/** Without the header, as HTTP/1.0 allows, no browser asked. */
function isAskedFor(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const [, inBrackets, bare = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  if (inBrackets !== undefined) return isIPv6(inBrackets);
  const name = bare.toLowerCase().replace(/\.$/, '');
  return isIP(name) !== 0 || name === 'localhost' || names.includes(name);
}

/**
 * Idle connections must not shut out a client that asks: for a new one the longest idle is ended. While a
 * request is answered its connection is not idle; one that sends a header slowly is.
 */
function boundConnections(server: Server, most: number): void {
  /** In the order in which they became idle. */
  const idle = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
    });
    if (open > most) {
      const [longest = socket] = idle;
      longest.destroy();
    }
    if (!socket.destroyed) idle.add(socket);
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
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
