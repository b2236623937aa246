// Owns what a service may say of its labels where SELinux is on, as data. Must not know any service.

export interface LabelFacet {
  /** The type that its processes have, where the policy knows it. */
  readonly domain: string;
  /** Of its directory, and of all in it. */
  readonly type: string;
  /** Of its directories for logs; left out: as all. */
  readonly log?: string;
  /** Of directories that it makes in its own, by path below it; what has a rule in the policy of its own. */
  readonly below?: Readonly<Record<string, string>>;
}
