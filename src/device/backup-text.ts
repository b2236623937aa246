// What `jts-hot device backup` prints.
import { plain } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import type { BackupResult } from './device-document.ts';

export function renderBackup({ disk, image }: BackupResult): string {
  return [
    `Made an image of ${plain(disk.serial)} (${formatBytes(image.bytes)}), and compared it.`,
    `  file     ${plain(image.file)}`,
    `  takes    ${formatBytes(image.writtenBytes)}`,
    `  SHA-256  ${image.hash}`,
    '',
    'The disk may now be set up with:',
    `  --backup ${plain(image.file)}`,
  ].join('\n');
}
