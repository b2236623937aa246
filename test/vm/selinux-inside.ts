// Holds the Linux host to the contract about labels, inside the machine of selinux.test.ts.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import { labelContract } from '../contract/label-contract.ts';

const host = openLinuxHost({ root: '/', base: '/data/jts/hot' });

labelContract('linux', () => ({
  host,
  base: mkdtempSync('/srv/labels-'),
  directory: (path) => mkdirSync(path),
  file: (path) => writeFileSync(path, ''),
  link: (path, target) => symlinkSync(target, path),
  special: (path) => void execFileSync('mkfifo', [path]),
  label: (path, type) => void execFileSync('chcon', ['-h', '-t', type, path]),
}));
