// That name servers are not asked for longer than a run may take, unless this machine says so.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { limitNameLookups } from './name-lookup.ts';

it('what is not set is set, and what is set stays', () => {
  delete process.env['RES_OPTIONS'];
  limitNameLookups();
  assert.equal(process.env['RES_OPTIONS'], 'timeout:2 attempts:2');
  process.env['RES_OPTIONS'] = 'rotate';
  limitNameLookups();
  assert.equal(process.env['RES_OPTIONS'], 'rotate');
  delete process.env['RES_OPTIONS'];
});
