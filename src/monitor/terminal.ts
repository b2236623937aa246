// Owns a terminal while a live view shows on it, and gives it back as it was, however the program ends. Only SIGKILL
// leaves it taken: nothing can be done then but to type `reset`. Must not know what is shown.
import { STOP_SIGNALS, type StopSignal } from '../messages/diagnostic.ts';

export type TerminalEvent =
  /** One key, as its bytes are decoded. */
  | { readonly type: 'key'; readonly key: string }
  /** The screen may show anything: it has another size, or another program wrote on it. */
  | { readonly type: 'redraw' }
  | { readonly type: 'stop'; readonly signal: StopSignal };

/** A terminal, and the time that passes while it shows something. */
export interface TerminalPort {
  /** It has a keyboard and a screen. */
  readonly isTerminal: boolean;
  size(): { readonly columns: number; readonly rows: number };
  /** Until `leave` the screen is ours, and keys come as they are typed. */
  enter(listener: (event: TerminalEvent) => void): void;
  /** Everything as it was. May be called at any time, and again. */
  leave(): void;
  /** Lines from the top; what was there is gone. */
  draw(lines: readonly string[]): void;
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Calls once after so many milliseconds, unless cancelled by what it returns. */
  after(milliseconds: number, act: () => void): () => void;
}

// xterm control sequences (ctlseqs), taken by every terminal in use. Another screen, no cursor, no wrapping: a character
// that is two columns wide must not push the rest down.
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h';
const CLEAR = '\x1b[2J';
const HOME = '\x1b[H';
// Sent before a line, never after it: behind a line as wide as the screen the cursor stands on its last character still.
const TO_END_OF_LINE = '\x1b[K';
const TO_END_OF_SCREEN = '\x1b[J';

const CTRL_Z = '\x1a';
/** What arrows and function keys send: there are letters in it that nobody typed (F2 is `ESC O Q`). */
const NOT_LETTERS = /\x1b(?:\[[0-9;?]*[@-~]|O[ -~])/g;
/** For a terminal that does not say how large it is. */
const USUAL = { columns: 80, rows: 24 } as const;
/** The kernel does not stop a process group that nobody could continue: we go on after this time. */
const NOT_STOPPED_MS = 100;

export function openTerminal({
  input,
  output,
}: {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}): TerminalPort {
  /** Between `enter` and `leave`. */
  let ours = false;
  /** Not while we are suspended. */
  let taken = false;
  let listen: (event: TerminalEvent) => void = () => {};

  const size = () => ({
    columns: output.columns > 0 ? output.columns : USUAL.columns,
    rows: output.rows > 0 ? output.rows : USUAL.rows,
  });

  const take = () => {
    // Later we restore what the shell has set meanwhile: libuv reads it only when the mode changes.
    input.setRawMode(false);
    input.setRawMode(true);
    output.write(ENTER);
    taken = true;
  };
  const giveBack = () => {
    if (!taken) return;
    taken = false;
    output.write(LEAVE);
    input.setRawMode(false);
  };

  const redraw = () => {
    if (!taken) return;
    output.write(CLEAR);
    listen({ type: 'redraw' });
  };
  const resume = () => {
    process.off('SIGTSTP', suspended);
    process.on('SIGTSTP', suspended);
    take();
    listen({ type: 'redraw' });
  };
  /** `target` 0: all of our process group, as the kernel does it when Ctrl-Z is typed. */
  const suspend = (target: number) => {
    giveBack();
    process.off('SIGTSTP', suspended);
    process.kill(target, 'SIGTSTP');
    setTimeout(() => {
      if (ours && !taken) resume();
    }, NOT_STOPPED_MS);
  };
  const suspended = () => suspend(process.pid);

  const typed = (bytes: Buffer) => {
    for (const key of bytes.toString('utf8').replace(NOT_LETTERS, '')) {
      if (key === CTRL_Z) suspend(0);
      else listen({ type: 'key', key });
    }
  };
  const gone = () => listen({ type: 'stop', signal: 'SIGHUP' });
  const stopped = (signal: NodeJS.Signals) => listen({ type: 'stop', signal: signal as StopSignal });

  // A write that fails means that the terminal is gone. This also comes after `leave`, when nobody listens.
  output.on('error', gone);

  return {
    isTerminal: input.isTTY === true && output.isTTY === true,
    size,
    enter: (listener) => {
      listen = listener;
      ours = true;
      // Also after an error that nobody caught.
      process.on('exit', giveBack);
      for (const signal of STOP_SIGNALS) process.on(signal, stopped);
      process.on('SIGTSTP', suspended);
      process.on('SIGCONT', resume);
      output.on('resize', redraw);
      input.on('data', typed).on('end', gone).on('error', gone);
      take();
    },
    leave: () => {
      giveBack();
      ours = false;
      listen = () => {};
      for (const signal of STOP_SIGNALS) process.off(signal, stopped);
      process.off('SIGTSTP', suspended);
      process.off('SIGCONT', resume);
      process.off('exit', giveBack);
      output.off('resize', redraw);
      input.off('data', typed).off('end', gone).off('error', gone);
      input.pause();
    },
    draw: (lines) => {
      if (!taken) return;
      const below = lines.length < size().rows ? `\r\n${TO_END_OF_SCREEN}` : '';
      output.write(`${HOME}${lines.map((line) => `${TO_END_OF_LINE}${line}`).join('\r\n')}${below}`);
    },
    now: () => performance.now(),
    after: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
