// Owns what a file of ours without a name can be used for: a program measures with it. It is gone with the last process that
// has it open, however that ends, and nobody else can reach it.

/** The descriptor that the program has it as. */
export const SCRATCH_FD = 3;

export type ScratchEnd =
  | { readonly ended: 'exit'; readonly status: number; readonly stdout: string; readonly stderr: string }
  /** The signal came. */
  | { readonly ended: 'stopped' }
  /** In words: `killed by SIGSEGV`. */
  | { readonly ended: 'otherwise'; readonly how: string; readonly stderr: string };

export interface Scratch {
  /** It can be read and written past the page cache (O_DIRECT). */
  readonly takesDirect: boolean;
  /** Runs a program of the system on it, which ends with us, whatever ends us. Never throws. */
  run(
    argv: readonly [string, ...string[]],
    until: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ScratchEnd>;
  close(): void;
}
