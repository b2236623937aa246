// Owns what stands in the way of moving a whole base, as messages. Pure: it is handed what was seen.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { BaseRecord } from '../move/base-record.ts';
import { quote } from '../values/quote.ts';

const goOn = ({ to }: BaseRecord) => `sudo jts-hot move --base-to ${shellWord(to)}`;
const GIVE_UP = 'sudo jts-hot move --cancel';

export function ofImage(root: string): Diagnostic {
  return diagnostic('E_IMAGE', 'refusing to move data in an image: nothing runs there', {
    at: root,
    detail: `want root /, found ${root}`,
    hint: 'change its layout file, then: sudo jts-hot setup',
  });
}

export function noLayoutFile(): Diagnostic {
  return diagnostic('E_NO_LAYOUT_FILE', 'refusing to move the base of a layout that no file says', {
    at: 'the base',
    detail: 'want a layout file, found the built-in layout: the next command would not know of the move',
    fix: 'sudo sh -c \'mkdir -p /etc/jts && echo "version: 1" > /etc/jts/hot-storage.yaml\'',
  });
}

/** Of a section at the beginning of a line, each line a comment; what is after it stays. With a copy beside the file. */
const COMMENT_OUT = "sed -i.before '/^storage:/,/^[^[:space:]#]/{/^storage:/s/^/# /;/^[[:space:]]/s/^/# /}'";

/** `text`: of the file. */
export function storageDeclared(file: string, text: string): Diagnostic {
  const isAlone = /^storage:/m.test(text);
  const after = 'what is mounted stays so, by /etc/fstab; then the same command again';
  return diagnostic('E_STORAGE_DECLARED', 'refusing to move the base of a layout that declares its disk', {
    at: file,
    detail: 'want no section `storage:`, found one: with another base its disk would be mounted there',
    ...(isAlone
      ? { fix: `sudo ${COMMENT_OUT} ${shellWord(file)}`, hint: `it makes the section a comment; ${after}` }
      : { hint: `take that section out of the layout; ${after}` }),
  });
}

export function noBaseMove(): Diagnostic {
  return diagnostic('E_NO_MOVE', 'refusing to go on with what was not begun', {
    at: 'the base',
    detail: 'want a move of the base on record, found none',
    hint: 'see what is being moved: sudo jts-hot move',
  });
}

export function anotherBase(record: BaseRecord, asked: string): Diagnostic {
  return diagnostic('E_MOVE_OPEN', 'refusing to begin a move beside one that is not finished', {
    at: 'the base',
    detail: `want ${record.to}, to which it is being moved; found ${asked}`,
    hint: `go on with it: ${goOn(record)}; or give it up: ${GIVE_UP}`,
  });
}

export function goingBack(record: BaseRecord): Diagnostic {
  return diagnostic('E_MOVE_OPEN', 'refusing to begin a move beside one that is not finished', {
    at: 'the base',
    detail: `want it back in ${record.from}: it is on the way there`,
    fix: GIVE_UP,
  });
}

export function notFinished(record: BaseRecord): Diagnostic {
  return diagnostic('E_MOVE_OPEN', 'refusing to begin a move beside one that is not finished', {
    at: 'the base',
    detail: `found what is in ${record.from} kept since the last move`,
    fix: 'sudo jts-hot move --finish',
  });
}

export function finishing(record: BaseRecord): Diagnostic {
  return diagnostic('E_MOVED', 'refusing to give up a move that has come to its end', {
    at: 'the base',
    detail: `deleting what is in ${record.from} was begun`,
    fix: 'sudo jts-hot move --finish',
  });
}

export function notMovedYet(record: BaseRecord): Diagnostic {
  return diagnostic('E_NOT_MOVED', 'refusing to delete the old place of a base that has not been moved yet', {
    at: `directory ${record.from}`,
    detail: 'want its move to have come to its end, found it in between',
    fix: record.phase === 'going back' ? GIVE_UP : goOn(record),
  });
}

export function notAsFile(said: string, found: string): Diagnostic {
  return diagnostic('E_USAGE', 'refusing to move another base than the layout file says', {
    at: '--base',
    detail: `want ${said}, found ${found}`,
    hint: 'leave --base out',
  });
}

export function notABase(to: string, complaint: string): Diagnostic {
  return diagnostic('E_USAGE', 'cannot use a path', {
    at: '--base-to',
    detail: `${complaint}, found ${quote(to)}`,
  });
}

export function nestedBases(from: string, to: string): Diagnostic {
  return diagnostic('E_NESTED', 'refusing to move a directory into itself', {
    at: `directory ${from}`,
    detail: `want two directories beside each other, found ${to} for the new place`,
    hint: 'choose another base',
  });
}

export function notAllMoved(record: BaseRecord): Diagnostic {
  return diagnostic('E_BASE_BETWEEN', 'cannot call the base moved: some services are in the old one', {
    at: `directory ${record.from}`,
    detail: 'those that have gone stay in the new one, and run there',
    fix: goOn(record),
    hint: `or all of them back: ${GIVE_UP}`,
  });
}

export function notAllBack(record: BaseRecord): Diagnostic {
  return diagnostic('E_BASE_BETWEEN', 'cannot call the move given up: some services are in the new base', {
    at: `directory ${record.to}`,
    detail: 'those that are back stay there, and run there',
    fix: GIVE_UP,
  });
}

export function stopped(): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the move', {
    at: 'the base',
    detail: 'it was stopped between two services; each of them is whole, and runs where it is',
  });
}
