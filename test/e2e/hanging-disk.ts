// A file system that stops answering, as a dead server or disk does, and a program run while it is mounted. Ends when
// the program's stdout ends, with its output and status, or `still there` where the kernel does not let go of it.
// Usage: unshare --mount node hanging-disk.ts HOW DIRECTORY COMMAND…; HOW: `list`, `find` or `all` (what is never
// answered: to list `stuck`, to look for it, or anything at all), with `-killed` where who waits can be killed, as on NFS.
// `denied`: on a file, and nobody may look at it but a user who is not here: root neither (fuse(4), allow_other).
// On it: stuck/, and fine/ with a file of 5000 bytes. The protocol: linux/fuse.h.
import { spawn } from 'node:child_process';
import { constants, openSync, read, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { exitNow } from '../../src/host/syscalls.ts';

const [, , how = '', directory = '', command = '', ...args] = process.argv;

const OPCODE = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  statfs: 17,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  interrupt: 36,
  batchForget: 42,
} as const;
/** Who looks for one thing does not keep others from looking for another. */
const FUSE_PARALLEL_DIROPS = 1 << 18;
const [ENOENT, EINTR, ENOSYS] = [-2, -4, -38];
const [DIRECTORY, FILE] = [0o40755, 0o100644];
const NODES: { readonly [name: string]: number } = { '': 1, stuck: 2, fine: 3, file: 4 };
const [ROOT, STUCK, FINE] = [1, 2, 3];

const options =
  how === 'denied' ? 'rootmode=100000,user_id=65534,group_id=65534' : 'rootmode=40000,user_id=0,group_id=0';
const fuse = openSync('/dev/fuse', constants.O_RDWR);
const mount = koffi
  .load(null)
  .func('int mount(const char *source, const char *target, const char *type, ulong flags, const char *data)');
if (mount('hanging', directory, 'fuse', 0, `fd=${fuse},${options}`) !== 0)
  throw new Error(`mount: errno ${koffi.errno()}`);

function answer(unique: bigint, error: number, body: Buffer = Buffer.alloc(0)): void {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeInt32LE(error, 4);
  header.writeBigUInt64LE(unique, 8);
  writeSync(fuse, Buffer.concat([header, body]));
}

/** struct fuse_attr */
function attributes(node: number): Buffer {
  const isFile = node === NODES['file'];
  const attr = Buffer.alloc(88);
  attr.writeBigUInt64LE(BigInt(node), 0);
  attr.writeBigUInt64LE(isFile ? 5000n : 4096n, 8);
  attr.writeBigUInt64LE(isFile ? 16n : 8n, 16);
  attr.writeUInt32LE(isFile ? FILE : DIRECTORY, 60);
  attr.writeUInt32LE(isFile ? 1 : 2, 64);
  attr.writeUInt32LE(4096, 80);
  return attr;
}

/** struct fuse_dirent, one entry a call: the offset is how many have been given. */
function listing(node: number, offset: bigint): Buffer {
  const names = node === ROOT ? ['stuck', 'fine'] : node === FINE ? ['file'] : [];
  const name = names[Number(offset)];
  if (name === undefined) return Buffer.alloc(0);
  const entry = Buffer.alloc(24 + Math.ceil(name.length / 8) * 8);
  entry.writeBigUInt64LE(BigInt(NODES[name] ?? 0), 0);
  entry.writeBigUInt64LE(offset + 1n, 8);
  entry.writeUInt32LE(name.length, 16);
  entry.writeUInt32LE(name === 'file' ? 8 : 4, 20);
  entry.write(name, 24);
  return entry;
}

function serve(request: Buffer): void {
  const opcode = request.readUInt32LE(4);
  const unique = request.readBigUInt64LE(8);
  const node = Number(request.readBigUInt64LE(16));
  const body = request.subarray(40);
  if (how.startsWith('all') && opcode !== OPCODE.init && opcode !== OPCODE.interrupt) return;
  switch (opcode) {
    case OPCODE.init: {
      const init = Buffer.alloc(64);
      init.writeUInt32LE(7, 0);
      init.writeUInt32LE(31, 4);
      init.writeUInt32LE(FUSE_PARALLEL_DIROPS, 12);
      init.writeUInt32LE(65_536, 20);
      return answer(unique, 0, init);
    }
    case OPCODE.lookup: {
      const name = body.toString('utf8', 0, body.indexOf(0));
      const found = NODES[name];
      if (found === STUCK && how.startsWith('find')) return;
      if (found === undefined) return answer(unique, ENOENT);
      const entry = Buffer.alloc(40);
      entry.writeBigUInt64LE(BigInt(found), 0);
      return answer(unique, 0, Buffer.concat([entry, attributes(found)]));
    }
    case OPCODE.getattr:
      return answer(unique, 0, Buffer.concat([Buffer.alloc(16), attributes(node)]));
    case OPCODE.opendir:
      return answer(unique, 0, Buffer.alloc(16));
    case OPCODE.readdir:
      if (node === STUCK) return;
      return answer(unique, 0, listing(node, body.readBigUInt64LE(8)));
    case OPCODE.statfs:
      return answer(unique, 0, Buffer.alloc(80));
    case OPCODE.releasedir:
      return answer(unique, 0);
    case OPCODE.interrupt:
      if (how.endsWith('-killed')) answer(body.readBigUInt64LE(0), EINTR);
      return;
    case OPCODE.forget:
    case OPCODE.batchForget:
      return;
    default:
      return answer(unique, ENOSYS);
  }
}

async function serveAll(): Promise<never> {
  const next = promisify(read);
  for (;;) {
    const { bytesRead, buffer } = await next(fuse, Buffer.alloc(1 << 17), 0, 1 << 17, null);
    serve(buffer.subarray(0, bytesRead));
  }
}

void serveAll();
const program = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
program.stdout.pipe(process.stdout);
const status = new Promise<number | null>((resolve) => program.on('exit', resolve));
await new Promise((resolve) => program.stdout.on('end', resolve));
const ended = await Promise.race([status, setTimeout(1000, 'still there' as const, { ref: false })]);
if (ended === 'still there') process.stdout.write('\nstill there\n');
// The connection ends with this process: waiting processes are released.
exitNow(ended === 'still there' ? 0 : (ended ?? 1));
