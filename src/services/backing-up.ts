// Owns what can be said of how a service is backed up, and how a backup of it is proved: functions over hands that they are given.
// Must not know any service, nor reach a host in another way.
import type { Told } from './question.ts';

/** Something that can be counted on a server and again on one that was restored: rows of a table, keys of a database. */
export interface Count {
  /** As its service calls it: `table shop.public.orders`, `topic trades`. The same of the same thing every time. */
  readonly what: string;
  readonly count: number;
  /** false: an estimate, which is only compared with nothing. */
  readonly isExact: boolean;
}

export interface Argv extends ReadonlyArray<string> {
  readonly 0: string;
}

export interface RunMore {
  /** Of its environment, where other processes cannot read it: a password. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** 10 minutes if not said. */
  readonly timeoutMs?: number;
}

/** With what a server that runs is asked. */
export interface AskHands {
  /** Its own file; null: it has none, or nobody knows where. */
  readonly file: string | null;
  /** What its files and its command line say. */
  readonly told: Told;
  /** Where it has its data, as its process shows; of one that does not run, as its files say. */
  readonly place: string;
  readonly isRunning: boolean;
  /**
   * The first that is installed; `*` is one name. Throws a Problem that names `install`: the package that it is of. Of a service
   * that runs as root only what nobody else could change.
   */
  readonly program: (patterns: readonly string[], install: string) => string;
  /** As `program`, and null where there is none. */
  readonly programIfThere: (patterns: readonly string[]) => string | null;
  /** Its standard output, of 16 MiB at most; as the service's user, with little priority. Throws a Problem unless it ends with 0. */
  readonly run: (argv: Argv, more?: RunMore) => Promise<string>;
  /** Names in a directory of the service's data, by its path below `place` (`''`: itself); nothing where there is none. */
  readonly names: (below: string) => readonly string[];
  /** What is in a small file below `place`; null: no such file. */
  readonly text: (below: string) => string | null;
  /** What all below `place`, or a directory in it, takes on the disk. Grows with the number of files. */
  readonly measure: (below: string) => Promise<number>;
}

/** An earlier backup of the same service, by which this one can be an increment. */
export interface ParentBackup {
  /** Its name: `20261127T101403Z`. */
  readonly name: string;
  /** What `take` answered then. */
  readonly taken: Taken;
  /** A file of it, for the service's user to read while this backup is taken. */
  readonly lend: (file: string) => Promise<string>;
}

/** With what a backup is taken. Whatever is not finished is as if it had never been. */
export interface TakeHands extends AskHands {
  /** null: a whole one is wanted, or there is none that could be a parent. */
  readonly parent: ParentBackup | null;
  /** At most so many bytes a second are read; for tools that have an option for it. What goes through us is held to it anyway. */
  readonly bytesPerSecond: number;
  /** What a program writes to standard output becomes the file `name`, with `.zst` added and compressed. */
  readonly stream: (name: string, argv: Argv, more?: RunMore) => Promise<void>;
  /**
   * A program writes into an empty directory of the service's user. Each file that it made, also below directories, is then
   * taken over under its path, as it is or compressed; of a list of names, only those are compressed. More than one call: each
   * gets a directory of its own, named `into` (`''`: none). Answers the end of what it said on standard error, a few lines.
   */
  readonly written: (
    into: string,
    argvFor: (directory: string) => Argv,
    more?: RunMore & { readonly compress?: boolean | readonly string[] },
  ) => Promise<string>;
  /** What is in a directory becomes `name`, with `.tar.zst` added: read as the service's user, through no link, on one file system. */
  readonly archive: (name: string, of: Archived) => Promise<void>;
  /** A small text becomes the file `name`. */
  readonly write: (name: string, text: string) => Promise<void>;
  /** Is called however this ends, the last one first; `what`: for people, `resume the containers`. */
  readonly atEnd: (what: string, undo: () => Promise<void>) => void;
}

export interface Archived {
  /** The directory. */
  readonly place: string;
  /** Names in it, perhaps further below; left out: all of it. */
  readonly names?: readonly string[];
  /** Patterns as `tar --exclude` takes them, anchored: `./shadow`, `*.tmp`. */
  readonly except?: readonly string[];
  /** Its files may grow or go meanwhile, and that does no harm. */
  readonly mayChange?: boolean;
}

/** What is known of a backup once it is taken. All of it stands in its manifest. */
export interface Taken {
  /** `pg_basebackup`. */
  readonly tool: string;
  /** Of the tool and of the server: `{ pg_basebackup: '15.6', postgresql: '15.6' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Up to where in its log the backup goes, as the service writes it: an LSN, a replication offset. null: it has none. */
  readonly position: string | null;
  /** Name of the backup that this one needs; null: it stands alone. */
  readonly parent: string | null;
  /** Counted before and after: what is restored must lie between both. Cheap counts only. */
  readonly before: readonly Count[];
  readonly after: readonly Count[];
  /** What this backup does not have, in sentences for people. */
  readonly limits: readonly string[];
  /** Where a tool keeps it in a place of its own, how it is found there (`{ stanza: 'main', label: '20261127-101403F' }`); else null. */
  readonly elsewhere: Readonly<Record<string, string>> | null;
  /** What `restore` and `prove` have to know of the server that it is of, by names of its own; no secrets. Left out: nothing. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** With what a backup becomes a data directory, in an empty directory that only root and this work can enter. */
export interface RestoreHands {
  readonly taken: Taken;
  /** The empty directory; the service's user owns it, and programs run as this user. */
  readonly directory: string;
  /** Where it stands once this is done, `directory` or what that is renamed to: links in it have to say this path. */
  readonly place: string;
  /** Files of the backup. */
  readonly files: readonly string[];
  readonly program: AskHands['program'];
  readonly programIfThere: AskHands['programIfThere'];
  readonly run: AskHands['run'];
  /** The tar file `name` (`base` of `base.tar.zst`, and of `base.tar.gz`, `base.tar`) is laid out in a directory below `directory` (`''`: in itself). */
  readonly extract: (file: string, below: string) => Promise<void>;
  /** A file of the backup, decompressed where it ends in `.zst`, becomes a file below `directory`. */
  readonly put: (file: string, below: string) => Promise<void>;
  readonly write: (below: string, text: string) => Promise<void>;
  /** The same service's backups that this one needs, oldest first, itself last: each laid out by the same facet beside `directory`. */
  readonly chain: readonly RestoreLink[];
}

export interface RestoreLink {
  readonly name: string;
  readonly taken: Taken;
  readonly files: readonly string[];
  /** Its own empty directory beside, of the service's user; `extract` and `put` lay out below it. Gone afterwards. */
  readonly directory: string;
  readonly extract: RestoreHands['extract'];
  readonly put: RestoreHands['put'];
}

/** With what a restored data directory is proved: a server on it, in a network of its own where nobody else hears it. */
export interface ProveHands {
  readonly taken: Taken;
  /** What was restored. */
  readonly directory: string;
  /** Beside it, empty, of the same user: for settings, sockets and logs. */
  readonly beside: string;
  readonly program: AskHands['program'];
  readonly programIfThere: AskHands['programIfThere'];
  /** Before the server is started: as the service's user. */
  readonly run: AskHands['run'];
  /** A file below `beside`; its path. */
  readonly write: (name: string, text: string) => Promise<string>;
  /**
   * Starts the server as the service's user. In its network there is 127.0.0.1 and nothing else, so it may have its usual port.
   * `isReady` is asked until it answers true, for `timeoutMs` at most (5 minutes if not said). Throws a Problem with what it said
   * where it ends or is not ready in time.
   */
  readonly start: (argv: Argv, more: RunMore & { readonly isReady: () => Promise<boolean> }) => Promise<void>;
  /** In the network of the server, as its user. Throws a Problem unless it ends with 0. */
  readonly ask: (argv: Argv, more?: RunMore) => Promise<string>;
  /** SIGTERM, and waits; it is ended anyway once `prove` returns. */
  readonly stop: () => Promise<void>;
}

export interface Estimate {
  /** What is to be backed up, before any compression. */
  readonly bytes: number;
  /** How it would be taken, for people: `pg_basebackup 15, compressed`. */
  readonly says: string;
  /** The tool compresses, or what goes through us is compressed: less than `bytes` may be needed. */
  readonly isCompressed: boolean;
}

export interface BackupFacet {
  /** Whether it has to run for a backup (`running`), must not (`stopped`), or either. */
  readonly wants: 'running' | 'stopped' | 'either';
  /** Of data that nobody has made yet: 0 bytes. */
  readonly estimate: (hands: AskHands) => Promise<Estimate>;
  readonly take: (hands: TakeHands) => Promise<Taken>;
  /** Leaves in `directory` what a server can be started on. */
  readonly restore: (hands: RestoreHands) => Promise<void>;
  /** Starts a server on what was restored, looks through all of it, and counts what `take` counted; throws a Problem where it is bad. */
  readonly prove: (hands: ProveHands) => Promise<readonly Count[]>;
  /** Owners and modes in tar files are kept (Docker); else all of it is the service user's. */
  readonly keepsOwners: boolean;
  /** What a person does with what was restored into a place of its own: a sentence each. */
  readonly afterRestore: readonly string[];
}
