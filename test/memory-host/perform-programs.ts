// Copies of the program and the link to the one in use, as program-files.ts of the real host makes them.

import type { Operation, Performers } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import { encodeName } from '../../src/values/file-name.ts';
import { changeableAt, PROGRAM_CONTENT, programAt, programOf } from './program.ts';
import { existing, failed, refuseReadOnly } from './reach.ts';
import { makeNode, type Node, type State, textOf } from './state.ts';

/** What a copy is looked at for. */
const PARTS = { bin: ['jts-hot', 'node'], dist: ['jts-hot.js'] } as const;

export function programPerformers(
  state: State,
): Pick<Performers, 'installProgram' | 'removeProgram' | 'switchLink'> {
  return {
    installProgram(operation) {
      const { path, hash } = operation;
      const { parent, name } = ready(state, operation, path);
      if (programAt(state, path) === hash) return;
      if (hash !== state.program.hash) throw failed('E_CHANGED', operation, 'another program runs by now');
      if (state.root === '/' && hash === programOf('broken').hash)
        throw failed('E_PROGRAM_BROKEN', operation, 'it does not start');
      const made = makeNode(state, 'directory', parent.on);
      made.children.set(PROGRAM_CONTENT, Object.assign(makeNode(state, 'file', parent.on), textOf(hash)));
      for (const [part, names] of Object.entries(PARTS)) {
        const directory = makeNode(state, 'directory', parent.on);
        for (const one of names) directory.children.set(one, makeNode(state, 'file', parent.on));
        made.children.set(part, directory);
      }
      made.children.set('package.json', makeNode(state, 'file', parent.on));
      parent.children.set(name, made);
    },
    removeProgram(operation) {
      const { parent, name } = ready(state, operation, operation.path);
      parent.children.delete(name);
    },
    switchLink(operation) {
      const { path, from, to } = operation;
      const { parent, name } = ready(state, operation, path);
      const there = parent.children.get(name);
      const found = there?.target ?? null;
      if (found === to) return;
      if (found !== from || (found === null && there !== undefined))
        throw failed('E_CHANGED', operation, `found ${found ?? there?.type ?? 'none'}`);
      if (to === null) return void parent.children.delete(name);
      const made = makeNode(state, 'link', parent.on);
      made.target = to;
      made.lengthBytes = encodeName(to).length - 1;
      parent.children.set(name, made);
    },
  };
}

/** What a program or link is put into; an older one that stands aside of it goes. */
function ready(
  state: State,
  operation: Operation,
  path: string,
): { readonly parent: Node; readonly name: string } {
  const cut = path.lastIndexOf('/');
  const open = changeableAt(state, path.slice(0, cut) || '/', 'nobody else');
  if (open !== null) throw failed('E_WAY_OPEN', operation, `others can change ${open}`);
  const { node: parent } = existing(state, operation, path.slice(0, cut));
  refuseReadOnly(operation, parent);
  parent.children.delete(asidePath(path).slice(cut + 1));
  return { parent, name: path.slice(cut + 1) };
}
