// Owns what can be said of how a service's data is moved while it runs. Must not know any service.

export interface MoveFacet {
  /** Once it is stopped all content is compared, also of files that nobody had open: why, for people. */
  readonly comparesAll: string;
  /** Paths below the data, what is there cannot be copied, and it makes it anew when it starts. */
  readonly madeAnew: readonly string[];
}
