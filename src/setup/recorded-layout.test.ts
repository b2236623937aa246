// The layout file that a run went by, had back from the record.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { Problem } from '../messages/diagnostic.ts';
import { recordedLayout } from './recorded-layout.ts';
import { setupCommand } from './setup.ts';

const FILE = '/etc/jts/hot-storage.yaml';
const OPTIONS = { adopt: [], strict: false, saved: null };

function setUp(host: ReturnType<typeof createHost>, service: 'kafka' | 'redis', layoutText?: string) {
  const file = layoutText === undefined ? {} : { layoutFile: FILE, layoutText };
  return setupCommand(contextOf(host, smallLayout(service), file), OPTIONS);
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.diagnostics.map(({ code }) => code).join();
  }
}

describe('a layout file on record', () => {
  it('is the file of the newest run that went by one, to the byte', async () => {
    const host = createHost();
    await setUp(host, 'kafka', '# kafka alone\nservices: {}\n');
    await setUp(host, 'redis', '# ätt\r\nservices: { redis: {} }');
    assert.equal(recordedLayout(host, null), '# ätt\r\nservices: { redis: {} }');
    assert.equal(recordedLayout(host, '/data/jts/hot'), recordedLayout(host, null));
    assert.equal(
      codeOf(() => recordedLayout(host, '/elsewhere')),
      'E_NO_RECORDED_LAYOUT',
    );
  });

  it('is of an earlier run where later ones went by none', async () => {
    const host = createHost();
    await setUp(host, 'kafka', '# kafka alone\n');
    await setUp(host, 'redis');
    assert.equal(recordedLayout(host, null), '# kafka alone\n');
  });

  it('is not there where no run went by one', async () => {
    const host = createHost();
    assert.equal(
      codeOf(() => recordedLayout(host, null)),
      'E_NO_RECORDED_LAYOUT',
    );
    await setUp(host, 'kafka');
    assert.equal(
      codeOf(() => recordedLayout(host, null)),
      'E_NO_RECORDED_LAYOUT',
    );
  });
});
