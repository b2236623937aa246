// Owns which paths below a tree are data, whatever they are called.

/** Paths below a tree, without a slash at their ends. */
export interface DataPlaces {
  readonly below: readonly string[];
  /** Parts of them that are none. */
  readonly except: readonly string[];
}

export function isDataPath(path: string, { below, except }: DataPlaces): boolean {
  const isIn = (place: string) => path.startsWith(`${place}/`);
  return below.some(isIn) && !except.some(isIn);
}
