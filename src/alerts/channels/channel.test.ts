// Where secrets come from, and that each kind of channel can be opened.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Channel } from '../../layout/monitoring.ts';
import { openChannel, secretReader } from './channel.ts';
import { secretPlace } from './send.ts';

describe('secretReader', () => {
  const variables: Readonly<Record<string, string>> = {
    TOKEN: ' hunter2\n',
    EMPTY: '',
    LINES: 'a\r\nX-Other: b',
  };
  const read = secretReader({ environment: (name) => variables[name], owners: [0] });

  it('takes what is in the environment, and says what is wrong with it and not what it is', () => {
    assert.deepEqual(read({ environment: 'TOKEN' }), { secret: 'hunter2' });
    assert.deepEqual(read({ environment: 'EMPTY' }), { complaint: 'want a secret in it, found nothing' });
    assert.deepEqual(read({ environment: 'MISSING' }), { complaint: 'want a secret in it, found nothing' });
    assert.deepEqual(read({ environment: 'LINES' }), {
      complaint: 'want one word of ASCII, found something else',
    });
  });

  it('names the place of a secret', () => {
    assert.equal(secretPlace({ file: '/etc/jts/token' }), '/etc/jts/token');
    assert.equal(secretPlace({ environment: 'TOKEN' }), "the environment's TOKEN");
  });
});

it('each kind of channel can be opened', async () => {
  const channels: readonly Channel[] = [
    { name: 'a', from: 'WARNING', type: 'journal' },
    { name: 'b', from: 'WARNING', type: 'command', argv: ['/bin/true'] },
    { name: 'c', from: 'WARNING', type: 'webhook', url: 'http://127.0.0.1:9', token: null },
    { name: 'd', from: 'WARNING', type: 'mail', to: ['root'], sender: null },
  ];
  for (const channel of channels) assert.equal(typeof (await openChannel(channel)), 'function');
});
