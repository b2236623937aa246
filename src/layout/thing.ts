// Owns what one thing of a rule for cleaning can be. Pure.

/** Each file at any depth; each directory in the place as a whole; either, directly in the place. */
export const THINGS = ['file', 'directory', 'entry'] as const;
type ThingKind = (typeof THINGS)[number];

export function isThingKind(text: string): text is ThingKind {
  return (THINGS as readonly string[]).includes(text);
}
