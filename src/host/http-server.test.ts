// What a server on a trading host must bear: odd requests, slow ones, many, and being told to end.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { Problem } from '../messages/diagnostic.ts';
import {
  formatEndpoint,
  type HttpServer,
  type Limits,
  type Site,
  startHttpServer,
  text,
} from './http-server.ts';

const LOCAL = { address: '127.0.0.1', port: 0 };
/** Patient: on a busy machine a client may come to its request late, and be shut out. */
const LIMITS: Limits = {
  connections: 3,
  headerBytes: 1024,
  headerMs: 60_000,
  idleMs: 60_000,
  closeMs: 100,
};
const HASTY: Limits = { ...LIMITS, headerMs: 100 };

const SITE: Site = { pageAt: (path) => (path === '/here' ? text(200, 'found') : null), names: ['x'] };

async function serving(act: (server: HttpServer) => Promise<void>, limits = LIMITS): Promise<void> {
  const server = await startHttpServer(LOCAL, SITE, limits);
  try {
    await act(server);
  } finally {
    await server.close();
  }
}

async function opened({ endpoint }: HttpServer): Promise<Socket> {
  const socket = connect(endpoint.port, endpoint.address);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** All that comes until the server closes the connection. */
async function said(server: HttpServer, request: string): Promise<string> {
  const socket = await opened(server);
  socket.write(request);
  return readText(socket);
}

const CLOSE = 'Host: x\r\nConnection: close\r\n\r\n';

describe('startHttpServer', () => {
  const answers: readonly (readonly [string, string, number, RegExp])[] = [
    ['a page', `GET /here HTTP/1.1\r\n${CLOSE}`, 200, /\r\n\r\nfound\n$/],
    ['a page with a query', `GET /here?x=1 HTTP/1.1\r\n${CLOSE}`, 200, /\r\n\r\nfound\n$/],
    [
      'HEAD: its length, and nothing of it',
      `HEAD /here HTTP/1.1\r\n${CLOSE}`,
      200,
      /content-length: 6[\s\S]*\r\n\r\n$/,
    ],
    ['another path', `GET /there HTTP/1.1\r\n${CLOSE}`, 404, /no such page/],
    ['the path of a proxy', `GET http://x/here HTTP/1.1\r\n${CLOSE}`, 404, /no such page/],
    ['a path that climbs', `GET /../../etc/passwd HTTP/1.1\r\n${CLOSE}`, 404, /no such page/],
    ['another method', `DELETE /here HTTP/1.1\r\n${CLOSE}`, 405, /\r\nallow: GET, HEAD\r\n/],
    ['a body', 'GET /here HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 400, /without a body/],
    [
      'a body without an end',
      'POST /here HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      405,
      /want GET/,
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, /Bad Request/],
    ['a header without an end', `GET /here HTTP/1.1\r\nX: ${'x'.repeat(4096)}`, 431, /Too Large/],
  ];
  for (const [what, request, status, body] of answers)
    it(`answers ${what} with ${status}`, () =>
      serving(async (server) => {
        const answer = await said(server, request);
        assert.equal(answer.split('\r\n', 1)[0]?.split(' ')[1], String(status), answer);
        assert.match(answer, body);
      }));

  it('answers a header that does not come with 408', () =>
    serving(async (server) => {
      assert.match(await said(server, 'GET /here HTTP/1.1\r\nHost:'), /^HTTP\/1.1 408 .*Timeout/);
    }, HASTY));

  it('keeps what it says out of caches, and away from who guesses types', () =>
    serving(async (server) => {
      const answer = await said(server, `GET /here HTTP/1.1\r\n${CLOSE}`);
      assert.match(answer, /\r\ncache-control: no-store\r\n/);
      assert.match(answer, /\r\nx-content-type-options: nosniff\r\n/);
      assert.match(answer, /\r\ncontent-security-policy: default-src 'none'\r\n/);
    }));

  it('closes a connection that says nothing', () =>
    serving(
      async (server) => {
        const socket = await opened(server);
        socket.resume();
        await new Promise((resolve) => socket.once('close', resolve));
      },
      { ...HASTY, idleMs: 200 },
    ));

  for (const [what, header, status] of [
    ['its address', 'Host: 127.0.0.1:9847', 200],
    ['an IPv6 address', 'Host: [::1]:9847', 200],
    ['localhost', 'Host: LocalHost:9847', 200],
    ['a name that was allowed', 'Host: X.', 200],
    ['no name, as HTTP/1.0 may', null, 200],
    ['another name, as a page in a browser would', 'Host: rebound.example:9847', 421],
    ['an address in front of a name', 'Host: 127.0.0.1.rebound.example', 421],
    ['half an address', 'Host: [::1', 421],
    ['nothing', 'Host: ', 421],
  ] as const)
    it(`answers who asks for ${what} with ${status}`, () =>
      serving(async (server) => {
        const version = header === null ? 'HTTP/1.0\r\n' : `HTTP/1.1\r\n${header}\r\n`;
        const answer = await said(server, `GET /here ${version}Connection: close\r\n\r\n`);
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      }));

  it('is not shut out by connections that ask nothing: the longest idle makes room', async () => {
    const server = await startHttpServer(LOCAL, SITE, LIMITS);
    const held: Socket[] = [];
    for (let i = 0; i < 3 * LIMITS.connections; i += 1) {
      const socket = await opened(server);
      // Asked once or never, whole or in part: all of them are idle then.
      if (i % 3 === 1) {
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await new Promise((resolve) => socket.once('data', resolve));
      }
      if (i % 3 === 2) socket.write('GET / HTTP/1.1\r\nHo');
      held.push(socket.on('error', () => {}).resume());
    }
    assert.match(await said(server, `GET /here HTTP/1.1\r\n${CLOSE}`), /found/);
    const open = () => held.filter((socket) => !socket.closed).length;
    while (open() >= LIMITS.connections) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(held.at(-1)?.closed === false, 'the youngest stays');
    for (const socket of held) socket.destroy();
    await server.close();
  });

  it('ends while somebody holds a connection open, and then leaves the port to others', async () => {
    const server = await startHttpServer(LOCAL, SITE, LIMITS);
    const socket = await opened(server);
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\n');
    await server.close();
    const again = await startHttpServer(server.endpoint, SITE, LIMITS);
    await again.close();
    socket.destroy();
  });

  it('says who may have the port that it cannot have', () =>
    serving(async ({ endpoint }) => {
      await assert.rejects(startHttpServer(endpoint, SITE), (error: unknown) => {
        assert.ok(error instanceof Problem);
        const [{ code, summary, detail, at, hint } = assert.fail()] = error.diagnostics;
        assert.deepEqual(
          [error.exitCode, code, summary, at],
          [1, 'E_LISTEN', 'cannot listen', formatEndpoint(endpoint)],
        );
        assert.match(detail.join(), /EADDRINUSE/);
        assert.ok(hint?.includes(`ss -ltnp 'sport = :${endpoint.port}'`));
        return true;
      });
    }));

  it('says that an address is not of this machine', () =>
    assert.rejects(
      startHttpServer({ address: '192.0.2.1', port: 0 }, SITE),
      (error: unknown) => error instanceof Problem && /ip -brief/.test(error.diagnostics[0]?.hint ?? ''),
    ));
});

describe('formatEndpoint', () => {
  it('writes an IPv6 address in brackets', () => {
    assert.equal(formatEndpoint({ address: '::1', port: 9847 }), '[::1]:9847');
    assert.equal(formatEndpoint({ address: '127.0.0.1', port: 9847 }), '127.0.0.1:9847');
  });
});
