// Owns what every host must do, as one suite over a way to make one: memory.test.ts and linux.test.ts run it, so that
// the fake cannot lie. Must not know which host it is talking to.
import { accountContract } from './account-contract.ts';
import { blockDeviceContract } from './block-device-contract.ts';
import { casesOn, type MakeBench } from './cases.ts';
import { copyContract } from './copy-contract.ts';
import { declaredMountContract } from './declared-mount-contract.ts';
import { directoryContract } from './directory-contract.ts';
import { diskContract } from './disk-contract.ts';
import { entryContract } from './entry-contract.ts';
import { fileContract } from './file-contract.ts';
import { kernelValueContract } from './kernel-value-contract.ts';
import { withoutLabelsContract } from './label-contract.ts';
import { measureContract } from './measure-contract.ts';
import { mountContract } from './mount-contract.ts';
import { moveContract } from './move-contract.ts';
import { probeContract } from './probe-contract.ts';
import { programContract } from './program-contract.ts';
import { recordContract } from './record-contract.ts';
import { scratchContract } from './scratch-contract.ts';
import { trashContract } from './trash-contract.ts';
import { treeContract } from './tree-contract.ts';

export function hostContract(name: string, make: MakeBench): void {
  const on = casesOn(make);
  for (const hold of [
    entryContract,
    diskContract,
    withoutLabelsContract,
    blockDeviceContract,
    kernelValueContract,
    declaredMountContract,
    accountContract,
    directoryContract,
    fileContract,
    programContract,
    treeContract,
    trashContract,
    measureContract,
    probeContract,
    recordContract,
    scratchContract,
    mountContract,
    moveContract,
    copyContract,
  ])
    hold(name, on);
}
