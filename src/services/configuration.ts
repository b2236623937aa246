// Owns what can be said of a service's configuration, as data: what it must be told so that it keeps its data on the hot
// tier, where it reads that, and how it is known where it really runs. Must not know any service.
import type { FormatName, Found, Item, Setting } from '../formats/format.ts';

/** A service as a layout places it. */
export interface Places {
  /** Its own directory, without a slash at the end. */
  readonly own: string;
  /**
   * Path of one of its directories, by the name it has in the built-in layout; where a layout renamed it, the only one with
   * its role. Throws a Problem where there is none.
   */
  readonly directory: (name: string) => string;
  readonly plannedBytes: number;
  /** What is to stay free on the disk. */
  readonly reserveBytes: number;
}

/**
 * How ours get in. `drop-in`: a file of ours, which it reads after its own, or where the main file says so. `edit`: lines of
 * its file, since it reads no other.
 */
export type Into =
  | {
      readonly as: 'drop-in';
      /** Where ours stands, by where its own file is. */
      readonly path: (file: string) => string;
      /** What its own file must say, so that ours is read; null: it reads ours anyway. */
      readonly include: ((file: string) => Setting) | null;
    }
  | {
      readonly as: 'edit';
      /** What a file has in it that was missing; null: a missing file means that it is not installed. */
      readonly isMadeWhenMissing: boolean;
    };

/** How a running one is found, and where it has its data. */
export interface Process {
  /** As /proc/PID/comm has it: 15 bytes at most. */
  readonly commands: readonly string[];
  /** A word of its command line, where the name alone does not tell: of a program of the Java machine. */
  readonly argument: string | null;
  /** `directory`: it stands in its data directory. Else the end of a path that it holds open there: `/status`. */
  readonly data: 'directory' | readonly string[];
}

/** A directory that a service has, read by names below it: `base/1`. What is no directory or file there has nothing in it. */
export interface Look {
  readonly names: (below: string) => readonly string[];
  readonly text: (below: string) => string | null;
}

/** What would be missed if it started without it. */
export interface PresentData {
  /** Something that people or programs put there; what a first start makes is none. Where that cannot be told: true. */
  readonly isData: (place: Look) => boolean;
}

/** What a service wants of systemd, beside the mount of its directory. A unit that gives more keeps what it has. */
export interface UnitDemands {
  readonly limits: Readonly<Record<'LimitNOFILE' | 'LimitNPROC', number | null>>;
  /** So long it may take to write everything down when it is stopped; null: as its unit has it. */
  readonly timeoutStopSeconds: number | null;
  readonly environment: (places: Places) => Readonly<Record<string, string>>;
}

/** A program of the service that says whether it can read a configuration; it is given copies, as the service's user. */
export interface Checker {
  /** The likeliest first; `*` is one name. */
  readonly programs: (file: string) => readonly string[];
  /** `main`: the copy of its own file, in `directory`. */
  readonly words: (of: { readonly directory: string; readonly main: string }) => readonly string[];
  /** It goes on once it has read it, and says this; null: it ends by itself. */
  readonly until: string | null;
  /** It takes it, and keeps its data there. */
  readonly accepts: (
    said: { readonly status: number | null; readonly output: string },
    place: string,
  ) => boolean;
}

/** What a service wants in its data directory before it starts for the first time, made by its own tool. */
export interface FirstStart {
  /** A file that is there then. */
  readonly mark: string;
  /** The tool, the likeliest first; `*` is one name, and the last that fits is taken. */
  readonly programs: (file: string) => readonly string[];
  /** `id`: 22 characters, never the same again. `found`: what its own file says. */
  readonly words: (of: {
    readonly place: string;
    readonly file: string;
    readonly id: string;
    readonly found: readonly Found[];
  }) => readonly string[];
  /** It reads its own file: that must name the place before. */
  readonly readsFile: boolean;
}

/** What has it listen on a port. */
export interface PortFacet {
  /** Settings that say it. */
  readonly keys: readonly (readonly string[])[];
  /** They say nothing else. */
  readonly isAllTheySay: boolean;
  /** `found`: what its own file says now; nothing: there is none, or it is not known. */
  readonly settings: (
    port: number,
    found: readonly Setting[],
  ) => readonly Setting[] | { readonly want: string; readonly found: string; readonly hint: string };
}

/** What a layout may say of it beyond users and directories. */
export interface FurtherFacet {
  /** null: it has no port that a layout could give. */
  readonly port: PortFacet | null;
  /** What each name of a setting begins with in its files, and in a layout does not: the root of XML. */
  readonly below: readonly string[];
  /** Settings that a layout may not give, with what a person should know or do instead. */
  readonly refused: Readonly<Record<string, string>>;
  /** Settings whose value is several words, parted by blanks. */
  readonly ofWords: readonly string[];
}

/** Where one setting is the port. */
export function portSetting(...key: readonly string[]): PortFacet {
  return { keys: [key], isAllTheySay: true, settings: (port) => [{ key, value: port }] };
}

export interface ConfigurationFacet {
  readonly format: Extract<FormatName, 'postgresql' | 'redis' | 'properties' | 'yaml' | 'json' | 'xml'>;
  /** In the order in which they are written. A hint is advice. Their keys do not depend on the places. */
  readonly settings: (places: Places) => readonly Item[];
  readonly further: FurtherFacet;
  /** Of `settings`: where the data is; `running` compares with it. */
  readonly dataKey: readonly string[];
  readonly present: PresentData;
  readonly checker: Checker;
  /** null: it makes all that it needs by itself. */
  readonly firstStart: FirstStart | null;
  /** Its own file on the distributions that we know, the likeliest first. `*` is one name. */
  readonly files: readonly string[];
  readonly into: Into;
  /** Units that may run it, the likeliest first. */
  readonly units: (file: string) => readonly string[];
  /** Of units that are named after what they run: one that stands for all of them, `postgresql@.service`; left out: none. */
  readonly template?: string;
  readonly unit: UnitDemands;
  readonly process: Process;
  /** What it cannot have in a path, beyond what its format carries: `,` where several paths are one value. */
  readonly notInPaths: readonly string[];
}

/** What the trading platform itself is told of a service. */
export interface Platform {
  /** Of `jts-config.yaml`. */
  readonly settings: readonly Setting[];
  /** Of its environment. */
  readonly variables: Readonly<Record<string, string>>;
}
