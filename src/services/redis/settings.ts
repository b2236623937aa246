// What is to be known of a Redis to lay out a backup of it and to start a server on that. Must not hold a password.
import { Problem } from '../../messages/diagnostic.ts';
import type { AskHands, Taken } from '../backing-up.ts';
import { type Client, textOf, wordsOf } from './asking.ts';
import type { Look } from './key-counts.ts';

export interface RedisSettings {
  readonly dbfilename: string;
  readonly appenddirname: string;
  readonly appendfilename: string;
  readonly appendonly: string;
  readonly databases: string;
  /** Its own program; nothing: not known. */
  readonly program: string;
  /** `path argument …`, a line each. Without them it cannot read keys of their types. */
  readonly modules: string;
  /** What all keys take in memory. */
  readonly memoryBytes: string;
}

const USUAL: RedisSettings = {
  dbfilename: 'dump.rdb',
  appenddirname: 'appendonlydir',
  appendfilename: 'appendonly.aof',
  appendonly: 'no',
  databases: '16',
  program: '',
  modules: '',
  memoryBytes: '0',
};
const ASKED = ['dbfilename', 'appenddirname', 'appendfilename', 'databases'] as const;

export async function settingsAsked(hands: AskHands, client: Client, { info }: Look): Promise<RedisSettings> {
  const asked: [string, string][] = [];
  for (const name of ASKED) asked.push([name, await client.setting(name, USUAL[name])]);
  const executable = info.get('executable') ?? '';
  const told = settingsTold(hands);
  return {
    ...told,
    ...Object.fromEntries(asked),
    modules: (await modulesAsked(client)) ?? told.modules,
    appendonly: info.get('aof_enabled') === '1' ? 'yes' : 'no',
    program: /^\/.*\/(redis|valkey)-server$/.test(executable) ? executable : '',
    memoryBytes: info.get('used_memory') ?? '0',
  };
}

/** null: it does not say. Those without a file of their own are part of the server. */
async function modulesAsked(client: Client): Promise<string | null> {
  try {
    const all = (await client.askJson('MODULE', 'LIST')) as readonly {
      readonly path?: string;
      readonly args?: readonly string[];
    }[];
    return all
      .filter(({ path = '' }) => path.startsWith('/'))
      .map(({ path = '', args = [] }) => [path, ...args].join(' '))
      .join('\n');
  } catch (error) {
    if (error instanceof Problem || error instanceof SyntaxError) return null;
    throw error;
  }
}

export function settingsTold({ told }: Pick<AskHands, 'told'>): RedisSettings {
  const names = [...ASKED, 'appendonly'] as const;
  return {
    ...USUAL,
    ...Object.fromEntries(names.map((name) => [name, textOf(told(name)) ?? USUAL[name]])),
    modules: wordsOf(told('loadmodule')).join(' '),
  };
}

export function settingsOf({ settings = {} }: Taken): RedisSettings {
  return { ...USUAL, ...settings };
}
