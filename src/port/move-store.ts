// Owns where moves of services' data are put on record while they go on: a text for each service, for root only.

export interface MoveStore {
  /** Those that have a record, by name. */
  services(): readonly string[];
  /** null: there is none. Throws a Problem where it cannot be read. */
  text(service: string): string | null;
  /** Whole and on the disk before it returns; null: takes it away. */
  set(service: string, text: string | null): void;
}
