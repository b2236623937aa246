// How the volumes of Docker are backed up: those that nobody writes to, and those of containers that may be paused for it. What
// else it has, images and containers, is made anew from what it says of them.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands, BackupFacet, Count, RestoreHands, TakeHands, Taken } from '../backing-up.ts';
import {
  asking,
  type Container,
  groupsOf,
  LABEL,
  parseContainers,
  parseVolumes,
  type Volume,
  whyElsewhere,
} from './inspected.ts';
import { resumeNoted, whilePaused } from './pausing.ts';
import { countsOf, prove } from './proof.ts';

export const backup: BackupFacet = {
  wants: 'either',
  estimate,
  take,
  restore,
  prove,
  keepsOwners: true,
  afterRestore: [
    'each volume stands in volumes/NAME/_data of it; make one with `docker volume create NAME`, while no container uses it copy what is in there with `cp -a --sparse=always`, to where `docker volume inspect --format {{.Mountpoint}} NAME` says',
    'labels and options of volumes, how containers were made (with their environment, and so perhaps passwords), and which images there were: volumes.json, containers.json and images.txt of the backup',
    'images and what containers wrote outside of volumes are not in it',
  ],
};

/** In `volumes` beside those of people. */
const METADATA = 'metadata.db';
const OWN = [METADATA, 'backingFsBlockDev'];
const LIMITS = ['images, and what containers wrote outside of volumes, are not in it'];
const ATTEMPTS = 5;

interface Found {
  /** Whose data stands here, and is wanted. */
  readonly volumes: readonly string[];
  readonly containers: readonly Container[];
  readonly limits: readonly string[];
  /** As Docker said it, by the names of files. */
  readonly texts: Readonly<Record<string, string>>;
}

async function look(hands: AskHands): Promise<Found> {
  const directories = hands.names('volumes').filter((name) => !OWN.includes(name));
  if (!hands.isRunning) {
    await requireNoContainers(hands);
    const all = directories.map((name) => ({
      name,
      driver: 'local',
      options: optionsOf(hands, name),
      label: null,
    }));
    return { ...chosen(all), containers: [], texts: {} };
  }
  const docker = asking(hands);
  const names = (await hands.run([...docker, 'volume', 'ls', '--quiet'])).split('\n').filter(Boolean);
  const volumes = names.length === 0 ? '[]' : await hands.run([...docker, 'volume', 'inspect', ...names]);
  const ids = (await hands.run([...docker, 'ps', '--all', '--quiet', '--no-trunc']))
    .split('\n')
    .filter(Boolean);
  const containers =
    ids.length === 0 ? '[]' : await hands.run([...docker, 'inspect', '--type', 'container', ...ids]);
  const images = await hands.run([...docker, 'image', 'ls', '--all', '--digests', '--no-trunc']);
  return {
    ...chosen(parseVolumes(volumes)),
    containers: parseContainers(containers),
    texts: { 'volumes.json': volumes, 'containers.json': containers, 'images.txt': images },
  };
}

function chosen(all: readonly Volume[]): Pick<Found, 'volumes' | 'limits'> {
  const limits = [...LIMITS];
  const volumes = all.filter((volume) => {
    const why = volume.label === 'no' ? `its label ${LABEL}=no` : whyElsewhere(volume);
    if (why !== null) limits.push(`without volume ${volume.name}: ${why}`);
    return why === null;
  });
  return { volumes: volumes.map(({ name }) => name).toSorted(), limits };
}

/** As the driver notes them in the directory of a volume that has any. */
function optionsOf(hands: AskHands, name: string): Readonly<Record<string, string>> {
  const text = hands.text(`volumes/${name}/opts.json`);
  if (text === null) return {};
  const { MountDevice: device, MountType: type } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof device === 'string' ? { device } : {}),
    ...(typeof type === 'string' ? { type } : {}),
  };
}

/** With `live-restore` they go on without it. */
async function requireNoContainers(hands: AskHands): Promise<void> {
  const sh = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  const found = await hands.run([sh, '-c', 'grep -lx containerd-shim /proc/[0-9]*/comm 2>/dev/null || true']);
  if (found.trim() === '') return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_CONTAINERS_RUN', 'refusing to read volumes of containers that run without dockerd', {
      detail: [
        'want no container running while dockerd does not (live-restore)',
        `found ${found.trim().split('\n').length} containerd-shim`,
      ],
      hint: 'start dockerd, then run the same command again: it knows which volumes they use',
    }),
  ]);
}

/** Nobody is paused who was not meant to be. */
function requireConsent({ volumes, containers }: Found): void {
  const open = groupsOf(volumes, containers).flatMap(({ volumes: names, writers }) =>
    writers
      .filter(({ label }) => label !== 'pause')
      .map(({ name, volumes: own }) => ({ name, volumes: own.filter((one) => names.includes(one)) })),
  );
  if (open.length === 0) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_VOLUME_IN_USE', 'refusing to read volumes that running containers write to', {
      detail: [
        `want them stopped, or made with the label ${LABEL}=pause: then each is paused while its volumes are read`,
        ...open.slice(0, 20).map(({ name, volumes: own }) => `found container ${name} on ${own.join(', ')}`),
      ],
      fix: null,
      hint: `stop them for that time: sudo docker stop ${open.map(({ name }) => name).join(' ')}; a volume made with ${LABEL}=no is left out`,
    }),
  ]);
}

async function estimate(hands: AskHands) {
  const found = await look(hands);
  requireConsent(found);
  const inUse = groupsOf(found.volumes, found.containers).filter(({ writers }) => writers.length > 0);
  const paused = inUse.flatMap(({ writers }) => writers.map(({ name }) => name));
  return {
    bytes: await hands.measure('volumes'),
    says: `${found.volumes.length} volumes, compressed${paused.length === 0 ? '' : `; pauses ${paused.join(', ')}`}`,
    isCompressed: true,
  };
}

async function take(hands: TakeHands): Promise<Taken> {
  if (hands.isRunning) await resumeNoted(hands);
  const found = await look(hands);
  requireConsent(found);
  const place = `${hands.place}/volumes`;
  const [before, after]: [Count[], Count[]] = [[], []];
  let number = 0;
  for (const { volumes, writers } of groupsOf(found.volumes, found.containers))
    await whilePaused(hands, writers, async () => {
      for (const name of volumes) {
        number += 1;
        before.push(...(await countsOf(hands, name, place)));
        await hands.archive(`volumes/${fileNameOf(name, number)}`, {
          place,
          names: [name],
          mayChange: false,
        });
        after.push(...(await countsOf(hands, name, place)));
      }
    });
  await archiveMetadata(hands, place);
  for (const [name, text] of Object.entries(found.texts)) await hands.write(name, text);
  return {
    tool: 'tar',
    versions: hands.isRunning ? await versionsOf(hands) : {},
    position: null,
    parent: null,
    before,
    after,
    limits: found.limits,
    elsewhere: null,
    settings: { volumes: found.volumes.join(' ') },
  };
}

/** 255 characters and an ending are too long. */
function fileNameOf(volume: string, number: number): string {
  return volume.length <= 200 ? volume : `${volume.slice(0, 200)}+${number}`;
}

/** Which volumes there are, with their labels; it is whole where nobody wrote to it meanwhile. */
async function archiveMetadata(hands: TakeHands, place: string): Promise<void> {
  if (!hands.names('volumes').includes(METADATA)) return;
  const stat = hands.program(['/usr/bin/stat', '/bin/stat'], 'coreutils');
  const seen = () => hands.run([stat, '--format=%i %z %s', `${place}/${METADATA}`]);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await seen();
    const name = attempt === 1 ? 'metadata' : `metadata+again${attempt}`;
    await hands.archive(name, { place, names: [METADATA], mayChange: true });
    if ((await seen()) === before) return;
  }
  throw new Problem(EXIT.failed, [
    diagnostic('E_VOLUMES_CHANGE', 'cannot read which volumes there are', {
      detail: [`want ${METADATA} unchanged while it is read`, `found it changed ${ATTEMPTS} times`],
      hint: 'make and remove no volumes meanwhile, then run the same command again',
    }),
  ]);
}

async function versionsOf(hands: TakeHands): Promise<Readonly<Record<string, string>>> {
  const version = await hands.run([...asking(hands), 'version', '--format', '{{.Server.Version}}']);
  return { docker: version.trim() };
}

async function restore(hands: RestoreHands): Promise<void> {
  const names = hands.files.flatMap((file) => /^(.*)\.tar(\.\w+)?$/.exec(file)?.[1] ?? []);
  for (const name of names.filter((one) => one.startsWith('volumes/')))
    await hands.extract(fileIn(hands, name), 'volumes');
  // Of several, the last one is whole.
  const metadata = names.filter((one) => one.startsWith('metadata')).at(-1);
  if (metadata !== undefined) await hands.extract(fileIn(hands, metadata), 'volumes');
  // One of no volumes is a directory, too.
  await hands.run([
    hands.program(['/usr/bin/mkdir', '/bin/mkdir'], 'coreutils'),
    '-p',
    `${hands.directory}/volumes`,
  ]);
}

function fileIn({ files }: RestoreHands, name: string): string {
  return files.find((file) => file.startsWith(`${name}.tar`)) ?? name;
}
