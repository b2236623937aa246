// Owns alerts by HTTP: one POST of JSON, the answer's status, and errors that say nothing of a secret address or token.
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Message } from '../../history/event.ts';
import { limitNameLookups } from '../../host/name-lookup.ts';
import type { Secret } from '../../layout/monitoring.ts';
import { errnoText } from '../../values/errno.ts';
import { printable } from '../../values/quote.ts';
import { eventDocument } from '../text.ts';
import { type Attempt, failed, type Outcome, type Send, secretPlace } from './send.ts';

export interface Webhook {
  readonly url: string | Secret;
  readonly token: Secret | null;
}

export function toWebhook(webhook: Webhook): Send {
  return async (message, attempt) => {
    const target = readTarget(webhook, attempt);
    if ('error' in target) return failed(target.error, { again: false });
    return post(target, message, attempt);
  };
}

interface Target {
  readonly url: URL;
  readonly token: string | null;
  /** The address itself is a secret. */
  readonly hidden: boolean;
}

function readTarget({ url, token }: Webhook, { readSecret }: Attempt): Target | { readonly error: string } {
  const address = typeof url === 'string' ? { secret: url } : readSecret(url);
  if ('complaint' in address && typeof url !== 'string')
    return { error: `cannot use the address in ${secretPlace(url)}: ${address.complaint}` };
  if ('complaint' in address) return { error: address.complaint };
  const bearer = token === null ? null : readSecret(token);
  if (token !== null && bearer !== null && 'complaint' in bearer)
    return { error: `cannot use the token in ${secretPlace(token)}: ${bearer.complaint}` };
  const parsed = URL.parse(address.secret);
  if (parsed === null || !['https:', 'http:'].includes(parsed.protocol))
    return { error: 'want an address that begins with https:// or http://, found something else' };
  return {
    url: parsed,
    token: bearer !== null && 'secret' in bearer ? bearer.secret : null,
    hidden: typeof url !== 'string',
  };
}

/** How much of an answer is read, for the reason of a failure. */
const ANSWER_KEPT = 2048;

async function post(target: Target, message: Message, attempt: Attempt): Promise<Outcome> {
  const { url, token } = target;
  limitNameLookups();
  const body = Buffer.from(JSON.stringify(documentOf(message)));
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
      'User-Agent': 'jts-hot',
      // draft-ietf-httpapi-idempotency-key-header: of two with the same key the receiver needs one.
      'Idempotency-Key': message.event.id,
      Connection: 'close',
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    },
  };
  const start = url.protocol === 'https:' ? await secureRequest() : requestHttp;
  return new Promise((resolve) => {
    let request: ClientRequest;
    try {
      request = start(url, options);
    } catch (error) {
      resolve(failed(reasonOf(error), { again: false }));
      return;
    }
    // Once there is a status it is the outcome, however the rest ends: the receiver has acted.
    let answered: (() => Outcome) | null = null;
    const finish = (otherwise: () => Outcome) => {
      clearTimeout(timer);
      attempt.signal.removeEventListener('abort', onAbort);
      request.destroy();
      resolve((answered ?? otherwise)());
    };
    const silent = () => failed(`no answer within ${attempt.timeoutMs / 1000} s`);
    // One clock for all of it: a receiver that sends a byte a second would never let an idle time run out.
    const timer = setTimeout(() => finish(silent), attempt.timeoutMs);
    const onAbort = () => finish(() => failed('stopped with this run', { again: false }));
    attempt.signal.addEventListener('abort', onAbort, { once: true });
    if (attempt.signal.aborted) onAbort();
    request.on('error', (error) => finish(() => failed(reasonOf(error))));
    request.on('response', (response) => {
      const text = readBeginning(response, () => finish(silent));
      answered = () => outcomeOf(response, target, { text: text(), now: attempt.now });
    });
    request.end(body);
  });
}

/** Slack takes `text`, in which these three are marks of its own (api.slack.com/reference/surfaces/formatting). */
function documentOf(message: Message): object {
  const document = eventDocument(message);
  const text = document.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { ...document, text };
}

async function secureRequest(): Promise<typeof requestHttp> {
  const [https, tls] = await Promise.all([import('node:https'), import('node:tls')]);
  // A company's own authority is in the system's store; Node.js brings the public ones only.
  const ca = [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
  return ((url: URL, options: RequestOptions) =>
    https.request(url, { ...options, ca })) as typeof requestHttp;
}

/** What has come so far; `whenEnough` is called when there is no more to wait for. */
function readBeginning(response: IncomingMessage, whenEnough: () => void): () => string {
  const pieces: Buffer[] = [];
  let length = 0;
  response.on('data', (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    if (length >= ANSWER_KEPT) whenEnough();
  });
  response.on('end', whenEnough);
  response.on('error', whenEnough);
  return () => Buffer.concat(pieces).toString('utf8', 0, ANSWER_KEPT);
}

function outcomeOf(
  response: IncomingMessage,
  target: Target,
  answer: { readonly text: string; readonly now: number },
): Outcome {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 200 && statusCode < 300) return { ok: true };
  const redirect = statusCode >= 300 && statusCode < 400;
  const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  const word = shownAnswer(answer.text, target);
  const error = `answered ${statusCode}${redirect ? ', which leads elsewhere and is not followed' : ''}${word === '' ? '' : `: ${word}`}`;
  return failed(error, { again, waitMs: again ? retryAfterMs(headers['retry-after'], answer.now) : null });
}

/**
 * The first line of what a receiver says, where it may be shown: it may repeat what it was sent. Of a secret address only
 * a word such as Slack's `invalid_payload` is shown.
 */
function shownAnswer(text: string, { url, token, hidden }: Target): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  const secrets = [token ?? '', url.password, url.search, hidden ? url.href : ''];
  if (hidden && !/^[a-z_ ]{1,40}$/.test(line)) return '';
  return secrets.some((secret) => hasPartOf(line, secret)) ? '' : printable(line, 120);
}

/** This many characters of a secret count as the secret. */
const PART = 6;

function hasPartOf(line: string, secret: string): boolean {
  const [said, hidden] = [line.toLowerCase(), secret.toLowerCase()];
  for (let i = 0; i + PART <= hidden.length; i += 1)
    if (said.includes(hidden.slice(i, i + PART))) return true;
  return hidden.length > 0 && said.includes(hidden);
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfterMs(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Never the error's own message: it may have the address in it. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return 'cannot send it: the connection failed';
  if (code.startsWith('HPE_')) return `cannot send it: what answers does not speak HTTP (${code})`;
  return `cannot send it: ${REASONS[code] ?? errnoText(code)}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of its host is not known (ENOTFOUND)',
  EAI_AGAIN: 'no name server answers (EAI_AGAIN)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known (DEPTH_ZERO_SELF_SIGNED_CERT)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody known (SELF_SIGNED_CERT_IN_CHAIN)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is signed by nobody known (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
};
