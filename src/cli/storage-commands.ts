// The commands that show disks, and make the hot tier on one: which function answers each, and what its words mean to it.
import type { FlagsOf } from '../catalogue/commands.ts';
import { STORAGE } from '../catalogue/storage.ts';
import { toDoIt } from '../command/context.ts';
import { deviceBackupCommand } from '../device/backup.ts';
import { renderBackup } from '../device/backup-text.ts';
import { deviceListCommand, deviceShowCommand } from '../device/device.ts';
import type { DeviceResult } from '../device/device-document.ts';
import { renderDevice } from '../device/device-text.ts';
import { deviceRestoreCommand } from '../device/restore.ts';
import { renderRestore } from '../device/restore-text.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { consentWords } from '../storage/consents.ts';
import { storageCommand } from '../storage/storage.ts';
import { renderStorage } from '../storage/storage-text.ts';
import { askedToFormat } from './consent.ts';
import { consentsIn } from './format-consents.ts';
import { type Handlers, needs, noSuchWord, shown } from './handler.ts';

const VERBS = STORAGE.device.argument.words;
type Verb = (typeof VERBS)[number];

export const storageCommands: Handlers<keyof typeof STORAGE> = {
  async device({ context, flags, argument, second = null, paint }) {
    const verb = VERBS.find((one) => one === argument);
    if (verb === undefined) throw notAVerb(argument);
    if (verb !== 'restore') requireNoFlagOfRestore(flags);
    if (verb !== 'backup' && flags.to !== undefined) throw needs('--to', 'backup');
    const text = (result: DeviceResult) => renderDevice(result, paint);
    switch (verb) {
      case 'list':
        if (second !== null) throw wordTooMany(second);
        return shown(await deviceListCommand(context), text);
      case 'show':
        if (second === null) throw noDevice(verb);
        return shown(await deviceShowCommand(context, second), text);
      case 'backup':
        if (second === null) throw noDevice(verb);
        if (flags.to === undefined) throw needs('backup', '--to FILE');
        return shown(await deviceBackupCommand(context, second, flags.to), renderBackup);
      case 'restore': {
        const { saved = null, confirm: confirmed = null, replaceLive = false, dryRun: isDry = false } = flags;
        if (saved !== null && second === null) throw needs('--saved', 'a serial number');
        const request = { serial: second, saved, confirmed, replaceLive, isDry };
        return shown(await deviceRestoreCommand(context, request), (result) => renderRestore(result, paint));
      }
      default:
        return verb satisfies never;
    }
  },

  async storage({ context, flags, paint }) {
    const { apply = false, dryRun: isDry = false } = flags;
    if (isDry && !apply) throw needs('--dry-run', '--apply');
    const command = 'storage --apply';
    const isShown = !apply || isDry;
    const consents = await askedToFormat(context, consentsIn(flags), {
      command,
      json: flags.json,
      isDry: isShown,
    });
    const given = await storageCommand(context, {
      ...consents,
      act: apply ? 'apply' : 'check',
      isDry,
      command,
    });
    const doIt = apply ? toDoIt(context, 'storage') : [command, ...consentWords(consents)].join(' ');
    return shown(given, (result) => renderStorage(result, paint, doIt));
  },
};

function requireNoFlagOfRestore({ saved, confirm, replaceLive, dryRun }: FlagsOf<'device'>): void {
  const given = {
    '--saved': saved,
    '--confirm': confirm,
    '--replace-live': replaceLive,
    '--dry-run': dryRun,
  };
  for (const [flag, value] of Object.entries(given)) if (value !== undefined) throw needs(flag, 'restore');
}

function notAVerb(word: string): Problem {
  return noSuchWord('cannot do that with devices', {
    at: 'VERB',
    word,
    want: VERBS.join(', '),
    hint: `to see one: jts-hot device show ${/^[\w./-]+$/.test(word) ? word : 'nvme0n1'}`,
  });
}

function wordTooMany(word: string): Problem {
  return noSuchWord('cannot list one device', {
    at: 'DEVICE',
    word,
    want: 'nothing behind list',
    hint: 'jts-hot device show nvme0n1',
  });
}

function noDevice(verb: Verb): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot tell which device is meant', {
      at: 'DEVICE',
      detail: `want a name, a path, a serial number or a WWID behind ${verb}, found none`,
      hint: 'to see which there are: sudo jts-hot device list',
    }),
  ]);
}
