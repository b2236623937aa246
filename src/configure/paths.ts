// Owns what is asked of an absolute path as text. Looks at no file.

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** At the end; the root keeps its own. */
export function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

/** It is the directory itself, or below it. Neither has a slash at its end. */
export function isBelow(path: string, directory: string): boolean {
  return `${path}/`.startsWith(`${directory}/`);
}
