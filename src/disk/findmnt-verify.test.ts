import assert from 'node:assert/strict';
import { it } from 'node:test';
import { freshComplaints, parseComplaints } from './findmnt-verify.ts';

it('what findmnt complains of is told with its place', () => {
  const output = [
    '/mnt',
    '   [E] unreachable on boot required source: UUID=aaaa',
    '/',
    '   [W] target specified more than once',
    '   [W] your fstab has been modified, but systemd still uses the old version;',
    '       use "systemctl daemon-reload" to reload',
    'findmnt: /etc/fstab: parse error at line 2 -- ignored',
    '',
    '1 parse error, 1 error, 1 warning',
  ].join('\n');
  assert.deepEqual(parseComplaints(output), [
    '/mnt: [E] unreachable on boot required source: UUID=aaaa',
    '/: [W] target specified more than once',
    '/etc/fstab: parse error at line 2 -- ignored',
  ]);
});

it('what is complained of as often as before is nothing new', () => {
  assert.deepEqual(freshComplaints(['a', 'b'], ['b', 'a']), []);
  assert.deepEqual(freshComplaints(['a'], ['a', 'a', 'c']), ['a', 'c']);
  assert.deepEqual(freshComplaints(['a'], []), []);
});
