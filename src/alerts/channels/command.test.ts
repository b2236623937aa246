// A real program is told: what it is given, how its end is read, and that it is started as it stands.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { ALERT_AT, anyEvent, eventOf } from '../../../test/alert-event.ts';
import { random } from '../../../test/random.ts';
import type { Message } from '../../history/event.ts';
import { eventDocument, messageText } from '../text.ts';
import { toCommand } from './command.ts';
import type { Attempt, Outcome } from './send.ts';

// Of a run that counts lines; Node.js hands it on to all that it starts.
delete process.env['NODE_V8_COVERAGE'];

const directory = mkdtempSync(join(tmpdir(), 'alert-command-'));
after(() => rmSync(directory, { recursive: true }));

const message: Message = {
  event: eventOf({ level: 'CRITICAL', before: 'WARNING' }),
  missed: [eventOf({ id: 'e-0', level: 'WARNING' })],
};

const ATTEMPT: Attempt = {
  timeoutMs: 60_000,
  signal: new AbortController().signal,
  now: ALERT_AT,
  owners: [0, process.geteuid?.() ?? 0],
  readSecret: () => assert.fail('a command has no secrets'),
};

function program(script: string): string {
  const path = join(mkdtempSync(join(directory, 'run-')), 'page');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function failure(outcome: Outcome): string {
  assert.ok(!outcome.ok);
  return outcome.error;
}

describe('command', () => {
  it('has the event as JSON on its standard input, as variables, and its arguments as they stand', async () => {
    const out = join(directory, 'told');
    const path = program(`{ cat; printf '%s|' "$@"; echo; env | grep ^JTS_HOT | sort; } >${out}`);
    const send = toCommand({ argv: [path, '--team', '$(reboot); "x" *'] });
    assert.deepEqual(await send(message, ATTEMPT), { ok: true });
    const [document = '', argv, ...variables] = readFileSync(out, 'utf8').trim().split('\n');
    assert.deepEqual(JSON.parse(document), eventDocument(message));
    assert.equal(argv, '--team|$(reboot); "x" *|');
    assert.ok(variables.includes('JTS_HOT_LEVEL=CRITICAL'));
    assert.ok(variables.includes('JTS_HOT_SUBJECT=kafka'));
    assert.ok(variables.includes(`JTS_HOT_TEXT=${messageText(message)}`));
  });

  it('that fails is told with its exit status and what it said first', async () => {
    const path = program('echo one >&2; echo >&2; echo two >&2; echo three >&2; echo four >&2; exit 3');
    assert.equal(
      failure(await toCommand({ argv: [path] })(message, ATTEMPT)),
      `${path} ended with exit status 3: one; two; three`,
    );
    const loud = program("printf '\\033[2Jhm\\377' >&2; exit 1");
    assert.match(failure(await toCommand({ argv: [loud] })(message, ATTEMPT)), /: \\u\{1b\}\[2Jhm\ufffd$/);
  });

  it('that cannot be started or hangs says so', async () => {
    const missing = await toCommand({ argv: ['/nonexistent/page'] })(message, ATTEMPT);
    assert.deepEqual(missing, {
      ok: false,
      error: 'cannot start /nonexistent/page: no such file or directory (ENOENT)',
      again: false,
      waitMs: null,
    });
    const hangs = program('exec sleep 600');
    const late = await toCommand({ argv: [hangs] })(message, { ...ATTEMPT, timeoutMs: 50 });
    assert.equal(failure(late), `${hangs} did not end in time and was killed`);
    assert.equal(failure(await toCommand({ argv: [] })(message, ATTEMPT)), 'no program is named');
  });

  it('takes any event', async () => {
    const path = program('exec cat >/dev/null');
    await fc.assert(
      fc.asyncProperty(anyEvent, async (event) => {
        assert.deepEqual(await toCommand({ argv: [path] })({ event, missed: [] }, ATTEMPT), { ok: true });
      }),
      random(20),
    );
  });
});
