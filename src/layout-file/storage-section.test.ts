// `storage:` in a layout file: what it means, what is refused and where, and the way back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { Problem } from '../messages/diagnostic.ts';
import { layoutJsonSchema, parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

const parse = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;

const PLAIN = 'storage: { device: { serial: HOT1 } }';
const RICH = `services: { mongodb: false, docker: false }
storage:
  device: { serial: 0042, namespace: 2, wwid: eui.0025385b01 }
  allowFormat: 0042
  filesystem: ext4
  volumes:
    group: tier
    keepFree: 7.5%
    base: 100GiB
    services:
      redis:
      kafka: { filesystem: xfs, size: 500GB }
  mount: { options: [lazytime, commit=30], deviceTimeout: 2m }`;

describe('what is said of storage', () => {
  it('is nothing where nothing is said', () => {
    assert.equal(parse('').storage, undefined);
  });

  it('a disk is enough: one file system straight on it', () => {
    assert.deepEqual(parse(PLAIN).storage, {
      disk: { serial: 'HOT1', namespace: 1, wwid: null },
      allowFormat: null,
      type: 'xfs',
      volumes: null,
      options: [],
      deviceTimeoutSeconds: 30,
    });
  });

  it('all of it, the services in the order of the layout', () => {
    assert.deepEqual(parse(RICH).storage, {
      disk: { serial: '0042', namespace: 2, wwid: 'eui.0025385b01' },
      allowFormat: '0042',
      type: 'ext4',
      volumes: {
        group: 'tier',
        keepFreePercent: 7.5,
        baseBytes: 100 * 1024 ** 3,
        services: [
          { service: 'kafka', type: 'xfs', sizeBytes: 500e9 },
          { service: 'redis', type: 'ext4', sizeBytes: null },
        ],
      },
      options: ['lazytime', 'commit=30'],
      deviceTimeoutSeconds: 120,
    });
  });

  it('`all` is each service of the layout', () => {
    const { storage, services } = parse(
      'storage: { device: { wwid: eui.1 }, volumes: { services: all } }\nservices: { mine: { user: me, planned: 2GB } }',
    );
    assert.deepEqual(
      storage?.volumes?.services.map(({ service }) => service),
      services.map(({ name }) => name),
    );
    assert.equal(storage?.volumes?.services.at(-1)?.service, 'mine');
  });

  for (const text of [PLAIN, RICH, 'storage: { device: { wwid: eui.1 }, volumes: }'])
    it(`is written out so that it is read back as it was: ${text.split('\n')[0]}`, () => {
      const layout = parse(text);
      assert.deepEqual(parse(renderLayoutFile({ layout, monitoring: builtInMonitoring })), layout);
    });
});

describe('of storage is refused', () => {
  const device = 'device: { serial: HOT1 }';
  for (const [text, code, at, says] of [
    ['storage: yes', 'E_SPEC_VALUE', '1:10', /want settings \(device, allowFormat/],
    ['storage: { filesystem: xfs }', 'E_SPEC_MISSING', '1:1', /device/],
    ['storage: { device: /dev/nvme0n1 }', 'E_SPEC_VALUE', '1:20', /want a disk by its serial number/],
    ['storage: { device: { namespace: 1 } }', 'E_SPEC_MISSING', '1:12', /want serial or wwid, found neither/],
    ['storage: { device: { serial: HOT1, namespace: 0 } }', 'E_SPEC_VALUE', '1:47', /from 1 on/],
    ['storage: { device: { serial: "a\\u001b[31mb" } }', 'E_SPEC_VALUE', '1:30', /want the serial number/],
    ['storage: { device: { seriel: HOT1 } }', 'E_SPEC_KEY', '1:22', /want one of serial, namespace, wwid/],
    [`storage: { ${device}, allowFormat: HOT2 }`, 'E_SPEC_VALUE', '1:51', /`HOT1`, found `HOT2`/],
    [`storage: { ${device}, filesystem: btrfs }`, 'E_SPEC_VALUE', '1:50', /want xfs or ext4/],
    [`storage: { ${device}, volumes: { keepFree: 95% } }`, 'E_SPEC_VALUE', '1:59', /90%/],
    [`storage: { ${device}, volumes: { group: -x } }`, 'E_SPEC_VALUE', '1:56', /does not begin with/],
    [`storage: { ${device}, volumes: { base: 1MB } }`, 'E_SPEC_VALUE', '1:55', /want at least 1GiB/],
    [
      `storage: { ${device}, volumes: { services: some } }`,
      'E_SPEC_VALUE',
      '1:59',
      /want `all`, or services/,
    ],
    [
      `storage: { ${device}, volumes: { services: { kafak: } } }`,
      'E_SPEC_KEY',
      '1:61',
      /want a service of the/,
    ],
    [
      `{ services: { snapshot: { user: me, planned: 2GB } }, storage: { ${device}, volumes: { services: { snapshot: } } } }`,
      'E_SPEC_NAME',
      '1:115',
      /want a name that LVM does not keep for itself/,
    ],
    [`storage: { ${device}, mount: { options: "a b" } }`, 'E_SPEC_VALUE', '1:56', /want a list of options/],
    [`storage: { ${device}, mount: { options: ["a,b"] } }`, 'E_SPEC_VALUE', '1:57', /want a list of options/],
    [`storage: { ${device}, mount: { options: [nobarrier] } }`, 'E_SPEC_VALUE', '1:56', /Linux 4\.19/],
    [`storage: { ${device}, mount: { options: [relatime] } }`, 'E_SPEC_VALUE', '1:56', /say the opposite/],
    [
      `storage: { ${device}, filesystem: ext4, mount: { options: [largeio] } }`,
      'E_SPEC_VALUE',
      '1:74',
      /an option of xfs, not of ext4/,
    ],
    [`{ mount: UUID=aaaa-bbbb, storage: { ${device} } }`, 'E_SPEC_VALUE', '1:10', /the base of `storage:`/],
    [`storage: { ${device}, mount: { deviceTimeout: 2h } }`, 'E_SPEC_VALUE', '1:62', /from 1s to 1h/],
  ] as const)
    it(text, () => {
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof Problem);
          const found = error.diagnostics.map((one) => [one.code, one.at, one.detail.join()]);
          assert.deepEqual([found[0]?.[0], found[0]?.[1]], [code, `hot.yaml:${at}`], JSON.stringify(found));
          assert.match(String(found[0]?.[2]), says);
          return true;
        },
      );
    });

  it('and the schema for editors agrees', () => {
    const schema = z.fromJSONSchema(layoutJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    const device = { serial: 'HOT1' };
    assert.ok(
      schema.safeParse({ storage: { device, volumes: { keepFree: '5%', services: 'all' } } }).success,
    );
    assert.ok(!schema.safeParse({ storage: { device, filesystem: 'btrfs' } }).success);
    assert.ok(!schema.safeParse({ storage: { device, volumes: { services: 'some' } } }).success);
  });
});
