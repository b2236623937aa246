// Measures commands on layouts of many services, on a throwaway host whose base is an ext4 of its own, and writes its
// table into docs/performance.md. Asserts nothing. Needs root, time(1) and a loop device: node bench.ts services
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { builtInServices } from '../../src/services/index.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from '../e2e/throwaway-host.ts';

const COUNTS = [50, 200, 1000] as const;
const COMMANDS = ['plan', 'setup', 'setup', 'validate', 'validate -j'] as const;
const BASE = '/data/jts/hot';

/** Of the kernel's: the host's own /dev has none. */
const LOOP_DEVICES =
  'mknod /dev/loop-control c 10 237; for i in $(seq 0 63); do mknod /dev/loop$i b 7 $i; done';

/** Each with a user and a group of its own and two directories: three to look at and to write in. */
function prepare(host: ThrowawayHost, count: number): void {
  const names = Array.from({ length: count }, (_, i) => `svc${`${i}`.padStart(4, '0')}`);
  const without = builtInServices.map(({ name }) => `  ${name}: false`);
  const own = names.map(
    (name) => `  ${name}: { user: ${name}, planned: 1GB, directories: { data: , logs: } }`,
  );
  writeFileSync(host.path('/etc/jts/hot-storage.yaml'), `services:\n${[...without, ...own].join('\n')}\n`);
  // useradd takes 30 ms each, and is not what is measured.
  const lines = (text: (name: string, id: number) => string) =>
    names.map((name, i) => `${text(name, 20_000 + i)}\n`).join('');
  append(
    host,
    '/etc/passwd',
    lines((name, id) => `${name}:x:${id}:${id}::${BASE}/${name}:/bin/false`),
  );
  append(
    host,
    '/etc/group',
    lines((name, id) => `${name}:x:${id}:`),
  );
}

function append(host: ThrowawayHost, path: string, text: string): void {
  const { status, stderr } = host.run(['sh', '-c', `cat >>${path}`], { input: text });
  if (status !== 0) throw new Error(stderr);
}

function measure(host: ThrowawayHost, command: string): readonly [string, string] {
  const argv = [process.execPath, join(REPOSITORY, 'dist/jts-hot.js'), ...command.split(' ')];
  const { status, stderr } = host.run(['time', '--quiet', '-f', '%e %M', '--', ...argv], {
    timeoutMs: 900_000,
  });
  if (status !== 0) throw new Error(`${command}: exit status ${status}\n${stderr}`);
  const [seconds, peakKib] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return [`${seconds}`, `${Math.round(((peakKib ?? 0) * 1024) / 1e6)}`];
}

export function benchServices(document: string): void {
  const rows = COUNTS.map((count) => {
    using host = startHost({
      freshAccounts: true,
      prepare: `mkdir -p /etc/jts ${BASE}; truncate -s 2G /root/disk; mkfs.ext4 -q /root/disk`,
    });
    const mounted = host.run(['sh', '-c', `${LOOP_DEVICES}; mount -o loop /root/disk ${BASE}`]);
    if (mounted.status !== 0) throw new Error(mounted.stderr);
    prepare(host, count);
    const cells = COMMANDS.flatMap((command) => measure(host, command));
    host.run(['umount', BASE]);
    return `| ${count.toLocaleString('en')} | ${cells.join(' | ')} |`;
  });
  const heads = ['`plan`', 'first `setup`', 'second `setup`', '`validate`', '`validate -j`'];
  const table = [
    `| services | ${heads.flatMap((head) => [`${head} s`, 'MB']).join(' | ')} |`,
    `|---:|${heads.map(() => '---:|---:|').join('')}`,
    ...rows,
  ].join('\n');
  const machine = `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node.js ${process.version}; one run each, MB the highest.`;
  const marks = /(<!-- services figures -->\n)[\s\S]*(\n<!-- end of services figures -->)/;
  writeFileSync(
    document,
    readFileSync(document, 'utf8').replace(marks, (_, start, end) => `${start}${machine}\n\n${table}${end}`),
  );
  console.log(`${machine}\n\n${table}`);
}
