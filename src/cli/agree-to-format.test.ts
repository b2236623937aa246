// Asking for the serial number of a disk: when it is asked, what is shown first, and what an answer agrees to.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { nothingOn, nvmeDisk } from '../../test/memory-host/block-devices.ts';
import type { MemoryInitial } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import type { Layout } from '../layout/layout.ts';
import { createPaint } from '../messages/paint.ts';
import type { Consents } from '../storage/consents.ts';
import { agreeToFormat } from './agree-to-format.ts';

const LAYOUT: Layout = {
  ...smallLayout('kafka'),
  storage: {
    disk: { serial: 'HOT1', namespace: 1, wwid: null },
    allowFormat: 'HOT1',
    type: 'xfs',
    volumes: null,
    options: [],
    deviceTimeoutSeconds: 30,
  },
};
const NONE: Consents = { confirmed: null, backup: null, noBackup: null };

async function asked(
  answer: string | null,
  { given = NONE, ...initial }: MemoryInitial & { readonly given?: Consents } = {},
) {
  const host = createHost({
    tools: TOOLS,
    devices: [nvmeDisk({ name: 'nvme1n1', serial: 'HOT1' })],
    ...initial,
  });
  host.prepare.directory('/etc');
  const before = host.snapshot();
  const shown: string[] = [];
  const questions: string[] = [];
  const consents = await agreeToFormat(contextOf(host, LAYOUT), given, {
    command: 'setup',
    paint: createPaint(false),
    show: (text) => shown.push(text),
    ask: async (question) => {
      questions.push(question);
      return answer;
    },
  });
  assert.equal(host.snapshot(), before);
  return { consents, shown: shown.join('\n'), questions };
}

it('shows every step and the disk, and takes its serial number for --confirm', async () => {
  const { consents, shown, questions } = await asked(' HOT1\t');
  assert.deepEqual(consents, { ...NONE, confirmed: 'HOT1' });
  assert.match(shown, /saved {2}disk HOT1[\s\S]*mount {2}\/data\/jts\/hot/);
  assert.match(shown, /Disk HOT1 is formatted \(nvme1n1, Samsung SSD 990 PRO 4TB, 4\.00 TB\)\.$/);
  assert.equal(questions.length, 1);
});

for (const answer of ['', 'y', 'yes', 'hot1', 'HOT', null])
  it(`agrees to nothing by ${JSON.stringify(answer)}`, async () => {
    assert.deepEqual((await asked(answer)).consents, NONE);
  });

const ext4 = nothingOn('nvme1n1', {
  signatures: [{ type: 'ext4', offset: 0x438, uuid: null, label: null }],
  edges: null,
});
for (const [what, more] of [
  ['something is on it, and nothing was said of a backup', { contents: [ext4] }],
  ['it was confirmed already', { given: { ...NONE, confirmed: 'HOT1' } }],
  ['another one was confirmed', { given: { ...NONE, confirmed: 'OTHER' } }],
  ['it is not there', { devices: [] }],
  ['we are not root', { effectiveUid: 1000 }],
] as const)
  it(`asks nothing where ${what}`, async () => {
    const { consents, questions, shown } = await asked('HOT1', more);
    assert.deepEqual([consents, questions, shown], ['given' in more ? more.given : NONE, [], '']);
  });

it('asks where something is on it that may go', async () => {
  const { consents, shown } = await asked('HOT1', { contents: [ext4], given: { ...NONE, noBackup: 'HOT1' } });
  assert.deepEqual(consents, { ...NONE, confirmed: 'HOT1', noBackup: 'HOT1' });
  assert.match(shown, /erased|- {2}.*disk HOT1/);
});
