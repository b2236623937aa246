// Owns which groups of the system give more than a service may have, and what each gives. Service users belong in none.
import { privilegedGroups } from '../services/index.ts';

/** By name: on Debian, Red Hat and their relatives, and of the programs that make them. */
export const PRIVILEGED_GROUPS: ReadonlyMap<string, string> = new Map([
  ['root', "root's own files"],
  ['sudo', 'every command as root'],
  ['wheel', 'every command as root'],
  ['admin', 'every command as root'],
  ['lxd', 'root, by a container that mounts the host'],
  ['incus-admin', 'root, by a container that mounts the host'],
  ['microk8s', 'root, by a container that mounts the host'],
  ['libvirt', 'root, by a virtual machine that has the disks of the host'],
  ['disk', 'every file, past all permissions, by the raw disks'],
  ['kmem', 'the memory of the machine'],
  ['shadow', 'the hashes of all passwords'],
  ['staff', 'programs in /usr/local, which root runs'],
  ['adm', 'the logs of all services in /var/log'],
  ['systemd-journal', 'the logs of all services in the journal'],
  ...privilegedGroups,
]);
