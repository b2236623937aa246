// Owns a throwaway host with a real disk of its own for the base: a loop device with ext4 or XFS, mounted by the fstab that a
// test wants. Must not know what the product does with it.
import assert from 'node:assert/strict';
import { closeSync, fstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type LoopFormat, makeLoopDisk } from './loop-disk.ts';
import { jtsHot, traces } from './product.ts';
import { type HostOptions, startHost, type ThrowawayHost } from './throwaway-host.ts';

export const NEEDS = [
  'root',
  'overlay in a private mount namespace',
  'loop device',
  'XFS and mkfs.xfs',
] as const;

/** Where the disk is mounted: the base. */
export const AT = '/data/jts/hot';

export interface TunedHost extends Disposable {
  readonly host: ThrowawayHost;
  /** `/dev/loop7`, and what it is called below /sys/block. */
  readonly device: string;
  readonly name: string;
  readonly uuid: string;
  fstab(): string;
  setFstab(text: string): void;
  /** Of the mount, as the kernel lists them. */
  options(): readonly string[];
  /** What the disk takes here, in its file. */
  usedBytes(): number;
  /** Throws where it fails. */
  sh(script: string): string;
}

export interface Tuned extends HostOptions {
  readonly format: LoopFormat;
  readonly size?: string;
  /** null: mounted by hand. */
  readonly fstab: ((disk: { readonly device: string; readonly uuid: string }) => string) | null;
  /** As `mount -o` takes them. */
  readonly options?: string;
}

export function startTunedHost(of: Tuned): TunedHost {
  const { format, size = '300M', fstab, options = 'relatime', ...more } = of;
  const { device, fd, image } = makeLoopDisk(size, { format, keepsImage: true });
  const close = () => {
    // The device goes on to somebody else as it is.
    writeFileSync(`/sys/block/${device.slice('/dev/'.length)}/queue/scheduler`, 'none');
    closeSync(fd);
    if (image !== null) closeSync(image);
  };
  let started: ThrowawayHost | null = null;
  try {
    const host = startHost({ ...more, prepare: `mkdir -p ${AT}\n${more.prepare ?? ''}` });
    started = host;
    const sh = (script: string): string => {
      const { status, stdout, stderr } = host.run(['sh', '-euc', script]);
      if (status !== 0) throw new Error(`${script}: status ${status}: ${stdout}${stderr}`);
      return stdout;
    };
    const number = (statSync(device).rdev & 0xff) | ((statSync(device).rdev >> 12) & 0xfff00);
    sh(`mknod ${device} b 7 ${number}`);
    // As on a real machine; of it only this disk is changed.
    sh('mount -o remount,bind,rw /sys');
    const uuid = sh(`blkid -p -s UUID -o value ${device}`).trim();
    // As udev makes it, which does not run here.
    sh(`mkdir -p /dev/disk/by-uuid && ln -s ${device} /dev/disk/by-uuid/${uuid}`);
    sh(`mount -t ${format} -o ${options} ${device} ${AT}`);
    const file = host.path('/etc/fstab');
    const tuned: TunedHost = {
      host,
      device,
      name: device.slice('/dev/'.length),
      uuid,
      usedBytes: () => fstatSync(image ?? -1).blocks * 512,
      fstab: () => readFileSync(file, 'latin1'),
      setFstab: (text) => writeFileSync(file, text, 'latin1'),
      options: () => sh(`findmnt -no OPTIONS ${AT}`).trim().split(','),
      sh,
      // Open until then: the device goes with the last one who has it open, also while it is not mounted.
      [Symbol.dispose]: () => {
        host.stop();
        close();
      },
    };
    tuned.setFstab(fstab === null ? '# nothing\n' : fstab({ device, uuid }));
    return tuned;
  } catch (error) {
    started?.stop();
    close();
    throw error;
  }
}

/** But for what findmnt(8) keeps of the disks that it has looked at. */
export function tracesOf({ host }: TunedHost): readonly string[] {
  return traces(host).filter((change) => !/ \/run\/blkid(\/|$)/.test(change));
}

export interface TunedAnswer {
  /** Without that nothing trims it regularly: there is no systemd. */
  readonly codes: readonly string[];
  readonly rows: readonly {
    readonly part: string;
    readonly subject: string;
    readonly now: string;
    readonly isNow: boolean;
    readonly isForGood: boolean;
  }[];
  readonly steps: readonly unknown[];
  /** All but that. */
  readonly isRight: boolean;
}

/** `tune disk` with these flags; all that goes wrong must be foreseen. */
export function tuneDisk({ host }: TunedHost, ...flags: readonly string[]): TunedAnswer {
  const { stdout, stderr } = host.run(jtsHot('tune', 'disk', '-j', ...flags));
  assert.doesNotMatch(stderr, /E_UNEXPECTED/);
  const { result, problems } = JSON.parse(stdout);
  const codes = problems
    .map(({ code }: { code: string }) => code)
    .filter((code: string) => code !== 'E_NO_SYSTEMD');
  const rows: TunedAnswer['rows'] = result?.rows ?? [];
  const isRight =
    !codes.some((code: string) => code.startsWith('E_')) &&
    rows.every((row) => row.part === 'trim' || (row.isNow && row.isForGood));
  return { codes, rows, steps: result?.steps ?? [], isRight };
}
