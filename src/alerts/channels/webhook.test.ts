// A real server at the other end that answers, refuses, hangs, drips, cuts off and leads astray.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { eventOf } from '../../../test/alert-event.ts';
import type { Secret } from '../../layout/monitoring.ts';
import { eventDocument } from '../text.ts';
import type { Attempt, Outcome } from './send.ts';
import { toWebhook, type Webhook } from './webhook.ts';

const message = { event: eventOf({ level: 'CRITICAL' }), missed: [] };
const NOW = Date.parse('2026-01-01T12:00:00Z');
const PATH = '/services/T0HIDDEN/B0HIDDEN';
const SECRETS: Record<string, string> = { TOKEN: 'hunter2-token' };

function attemptWith(more: Partial<Attempt> = {}): Attempt {
  return {
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    now: NOW,
    owners: [0, process.geteuid?.() ?? 0],
    readSecret: (secret: Secret) => {
      const text = 'environment' in secret ? SECRETS[secret.environment] : undefined;
      return text === undefined ? { complaint: 'want a secret in it, found nothing' } : { secret: text };
    },
    ...more,
  };
}

async function listening<S extends Server | ReturnType<typeof createTcpServer>, T>(
  server: S,
  act: (url: string) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Posted {
  readonly outcome: Outcome;
  readonly requests: readonly { readonly request: IncomingMessage; readonly body: string }[];
}

/** `answer` is called once the request has been read. */
function postTo(
  answer: RequestListener,
  webhook: Partial<Webhook> = {},
  attempt: Partial<Attempt> = {},
): Promise<Posted> {
  const requests: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    requests.push({ request, body });
    answer(request, response);
  });
  return listening(server, async (url) => {
    const send = toWebhook({ url, token: null, ...webhook });
    return { outcome: await send(message, attemptWith(attempt)), requests };
  });
}

/** Of what answers with raw bytes, and then as the caller does. */
function postToRaw(answer: (socket: Socket) => void, attempt: Partial<Attempt> = {}): Promise<Outcome> {
  return listening(
    createTcpServer((socket) => socket.on('error', () => {}).once('data', () => answer(socket))),
    (url) => toWebhook({ url, token: null })(message, attemptWith(attempt)),
  );
}

const answering =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

function failure(outcome: Outcome): Exclude<Outcome, { ok: true }> {
  assert.equal(outcome.ok, false);
  return outcome as Exclude<Outcome, { ok: true }>;
}

describe('webhook', () => {
  it('posts the event as JSON, named so that a double is known', async () => {
    const { outcome, requests } = await postTo(answering(204), { token: { environment: 'TOKEN' } });
    assert.deepEqual(outcome, { ok: true });
    const [{ request, body } = assert.fail('nothing was posted')] = requests;
    assert.equal(requests.length, 1);
    assert.equal(request.method, 'POST');
    assert.equal(request.url, PATH);
    assert.equal(request.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(request.headers['user-agent'], 'jts-hot');
    assert.equal(request.headers['idempotency-key'], message.event.id);
    assert.equal(request.headers.authorization, 'Bearer hunter2-token');
    assert.deepEqual(JSON.parse(body), eventDocument(message));
  });

  it('marks of Slack in a name are no marks', async () => {
    const event = eventOf({ subject: '<!channel>&co' });
    await listening(
      createServer(async (request, response) => {
        let body = '';
        for await (const piece of request) body += piece;
        const { text, subject } = JSON.parse(body);
        response
          .writeHead(text.includes('&lt;!channel&gt;&amp;co: ') && subject === '<!channel>&co' ? 200 : 400)
          .end();
      }),
      async (url) => {
        const send = toWebhook({ url, token: null });
        assert.deepEqual(await send({ event, missed: [] }, attemptWith()), { ok: true });
      },
    );
  });

  for (const [status, again] of [
    [500, true],
    [503, true],
    [408, true],
    [429, true],
    [400, false],
    [401, false],
    [404, false],
  ] as const)
    it(`${status}: ${again ? 'worth another attempt' : 'no use trying again'}`, async () => {
      const { outcome } = await postTo(answering(status, 'invalid_payload\nmore'));
      assert.deepEqual(outcome, {
        ok: false,
        error: `answered ${status}: invalid_payload`,
        again,
        waitMs: null,
      });
    });

  it('waits as long as it is asked to, in seconds or until a date', async () => {
    const asked = async (value: string) =>
      failure((await postTo(answering(429, '', { 'Retry-After': value }))).outcome).waitMs;
    assert.equal(await asked('7'), 7000);
    assert.equal(await asked('Thu, 01 Jan 2026 12:00:30 GMT'), 30_000);
    assert.equal(await asked('Thu, 01 Jan 2026 11:00:00 GMT'), 0);
    assert.equal(await asked('soon'), null);
  });

  it('is not led elsewhere', async () => {
    const { outcome, requests } = await postTo(answering(307, '', { Location: '/other' }));
    assert.equal(failure(outcome).error, 'answered 307, which leads elsewhere and is not followed');
    assert.equal(failure(outcome).again, false);
    assert.equal(requests.length, 1);
  });

  it('one that never answers is given up, also when it drips', async () => {
    const { outcome } = await postTo(() => {}, {}, { timeoutMs: 100 });
    assert.deepEqual(failure(outcome), {
      ok: false,
      error: 'no answer within 0.1 s',
      again: true,
      waitMs: null,
    });
    const drip = (text: string) => (socket: Socket) => {
      socket.write(text);
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(timer));
    };
    const headers = await postToRaw(drip('HTTP/1.1 200 OK\r\nX-Slow: '), { timeoutMs: 300 });
    assert.match(failure(headers).error, /^no answer within 0\.3 s$/);
    const body = await postToRaw(drip('HTTP/1.1 500 No\r\n\r\n'), { timeoutMs: 1000 });
    assert.match(failure(body).error, /^answered 500: x+…?$/);
  });

  it('nobody listens', async () => {
    const url = await listening(createServer(), async (address) => address);
    const outcome = await toWebhook({ url, token: null })(message, attemptWith());
    assert.equal(failure(outcome).error, 'cannot send it: connection refused (ECONNREFUSED)');
  });

  it('cut off: before the status it failed, after it the status counts', async () => {
    const none = await postToRaw((socket) => socket.destroy());
    assert.equal(failure(none).error, 'cannot send it: connection reset by peer (ECONNRESET)');
    const half = await postToRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'));
    assert.match(failure(half).error, /^cannot send it: /);
    const accepted = await postToRaw((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf'),
    );
    assert.deepEqual(accepted, { ok: true });
    const refused = await postToRaw((socket) =>
      socket.end('HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nhalf'),
    );
    assert.equal(failure(refused).error, 'answered 500: half');
  });

  it('what does not speak HTTP', async () => {
    const outcome = await postToRaw((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    assert.match(
      failure(outcome).error,
      /^cannot send it: what answers does not speak HTTP \(HPE_[A-Z_]+\)$/,
    );
  });

  it('an answer without end is read to a bound, and that of a success not at all', async () => {
    const endless =
      (status: number): RequestListener =>
      (_, response) => {
        response.writeHead(status);
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      };
    assert.match(failure((await postTo(endless(500))).outcome).error, /^answered 500: x{120}…$/);
    assert.deepEqual((await postTo(endless(200))).outcome, { ok: true });
  });

  it('is stopped with the run', async () => {
    const stop = new AbortController();
    const { outcome } = await postTo(() => stop.abort(), {}, { signal: stop.signal });
    assert.equal(failure(outcome).error, 'stopped with this run');
    assert.equal(
      failure(
        await toWebhook({ url: 'http://127.0.0.1:9', token: null })(
          message,
          attemptWith({ signal: stop.signal }),
        ),
      ).error,
      'stopped with this run',
    );
  });
});

describe('webhook: what is secret', () => {
  it('is never in an error, whatever the receiver says', async () => {
    for (const body of [
      `Cannot POST ${PATH}`,
      'no T0HIDDEN',
      'Bearer hunter2-token',
      'hunter2-token',
      'the token HUNTER2-… is not valid',
      JSON.stringify({ you: { sent: 'hunter2-token' } }),
    ]) {
      SECRETS['ADDRESS'] = '';
      const { outcome } = await listening(createServer(answering(403, body)), async (url) => {
        SECRETS['ADDRESS'] = url;
        const webhook = { url: { environment: 'ADDRESS' }, token: { environment: 'TOKEN' } };
        return { outcome: await toWebhook(webhook)(message, attemptWith()) };
      });
      assert.equal(failure(outcome).error, 'answered 403');
    }
  });

  it('one word, as Slack sends it, is still shown', async () => {
    await listening(createServer(answering(403, 'invalid_token')), async (url) => {
      SECRETS['ADDRESS'] = url;
      const outcome = await toWebhook({ url: { environment: 'ADDRESS' }, token: null })(
        message,
        attemptWith(),
      );
      assert.equal(failure(outcome).error, 'answered 403: invalid_token');
    });
  });

  it('of an address that leads nowhere only the reason is told', async () => {
    for (const [address, error] of [
      [
        'http://secret-host.invalid/hidden',
        /^cannot send it: (the name of its host is not known \(ENOTFOUND\)|no name server answers \(EAI_AGAIN\))$/,
      ],
      [
        'ftp://secret-host.invalid/hidden',
        /^want an address that begins with https:\/\/ or http:\/\/, found something else$/,
      ],
      ['secret-host', /^want an address that begins with https:\/\/ or http:\/\/, found something else$/],
    ] as const) {
      SECRETS['ADDRESS'] = address;
      const outcome = await toWebhook({ url: { environment: 'ADDRESS' }, token: null })(
        message,
        attemptWith(),
      );
      assert.match(failure(outcome).error, error);
    }
  });

  it('that cannot be read is named by its place', async () => {
    const noToken = await toWebhook({ url: 'http://127.0.0.1:9', token: { environment: 'NOT_SET' } })(
      message,
      attemptWith(),
    );
    assert.deepEqual(noToken, {
      ok: false,
      error: "cannot use the token in the environment's NOT_SET: want a secret in it, found nothing",
      again: false,
      waitMs: null,
    });
    const noAddress = await toWebhook({ url: { file: '/etc/jts/hook' }, token: null })(
      message,
      attemptWith(),
    );
    assert.equal(
      failure(noAddress).error,
      'cannot use the address in /etc/jts/hook: want a secret in it, found nothing',
    );
  });
});
