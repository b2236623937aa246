// `jts-hot device list` and `device show`: what disks there are, what is on them, and whether the hot tier could be on one. Looks, and
// changes nothing.
import type { Answer, Context } from '../command/context.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { type BlockDevice, standingOn } from '../port/block-device.ts';
import { findDisk, identityOf } from '../port/find-disk.ts';
import type { DeviceResult, SeenDevice } from './device-document.ts';
import { lookAt } from './look.ts';

type Given = Pick<Context, 'host' | 'layout' | 'now'>;

export async function deviceListCommand(context: Given): Promise<Answer<DeviceResult>> {
  const devices = context.host.blockDevices();
  const disks = devices.filter(({ kind }) => kind === 'disk');
  const seen = await lookAt(context, disks, devices);
  return { exitCode: EXIT.ok, problems: [], result: { did: 'list', devices: seen } };
}

/** `word`: a path, a name, a serial number or a WWID. */
export async function deviceShowCommand(context: Given, word: string): Promise<Answer<DeviceResult>> {
  const devices = context.host.blockDevices();
  const wanted = standingOn(devices, deviceMeant(devices, word).name);
  const [device, ...on] = await lookAt(context, wanted, devices);
  if (device === undefined) throw noSuchDevice(devices, word);
  const layoutLines = linesFor(device, devices);
  return { exitCode: EXIT.ok, problems: [], result: { did: 'show', device, on, layoutLines } };
}

/** What the kernel calls it comes first: a disk may say that it is called like another one. */
export function deviceMeant(devices: readonly BlockDevice[], word: string): BlockDevice {
  const named = devices.find(
    ({ name, path, mapper }) =>
      word === name || word === path || (mapper !== null && word === `/dev/mapper/${mapper.name}`),
  );
  if (named !== undefined) return named;
  const called = devices.filter(({ serial, wwid }) => word === serial || word === wwid);
  const [one, ...others] = called;
  if (one === undefined) throw noSuchDevice(devices, word);
  if (others.length > 0) throw several(called, word);
  return one;
}

function noSuchDevice(devices: readonly BlockDevice[], word: string): Problem {
  const disks = devices.filter(({ kind }) => kind === 'disk');
  const isLink = word.startsWith('/dev/disk/');
  return new Problem(EXIT.failed, [
    diagnostic('E_NO_DEVICE', 'cannot find the device', {
      at: 'DEVICE',
      detail: [
        `want a name, a path, a serial number or a WWID, found ${JSON.stringify(word)}`,
        ...disks.slice(0, 20).map((disk) => `found: ${identityOf(disk)}`),
      ],
      ...(isLink
        ? {
            hint: 'a link in /dev/disk may lead to another namespace: name the disk by its serial number or WWID',
          }
        : { fix: 'sudo jts-hot device list' }),
    }),
  ]);
}

function several(found: readonly BlockDevice[], word: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_TWO_DISKS', 'refusing to choose one of several disks', {
      at: 'DEVICE',
      detail: [
        `want one disk, found ${JSON.stringify(word)} of ${found.length}`,
        ...found.map((disk) => `found: ${identityOf(disk)}`),
      ],
      hint: `for example: jts-hot device show ${found[0]?.name}`,
    }),
  ]);
}

/** Only where they lead back to just this disk. */
function linesFor(device: SeenDevice, devices: readonly BlockDevice[]): readonly string[] | null {
  const { kind, serial, namespace, wwid, use } = device;
  if (kind !== 'disk' || use === 'no') return null;
  const found = findDisk(devices, { serial, namespace, wwid });
  if (!('disk' in found) || found.disk.name !== device.name) return null;
  return [
    'storage:',
    '  device:',
    ...(serial === null ? [] : [`    serial: ${yamlText(serial)}`]),
    ...(namespace === 1 ? [] : [`    namespace: ${namespace}`]),
    ...(wwid === null ? [] : [`    wwid: ${yamlText(wwid)}`]),
  ];
}

/** What could be read as something else than text stands in quotes. */
function yamlText(text: string): string {
  const isPlain = /^[A-Za-z][\w.-]*$/.test(text) && !/^(?:null|true|false|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
