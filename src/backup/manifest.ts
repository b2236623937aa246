// Owns reading and writing what stands in a backup of it. What cannot be read is no manifest, and says why.
import { jsonText } from '../document/json-text.ts';
import { MANIFEST, type Stored, VERIFICATION } from '../host/backup/store.ts';
import type { Manifest, Verification } from './manifest-document.ts';

export type FoundManifest = { readonly manifest: Manifest } | { readonly damaged: string };

/** Of a format that this program does not know, or half of it: `damaged` says so in words. */
export function manifestOf(stored: Stored): FoundManifest {
  let text: string | null;
  try {
    text = stored.text(MANIFEST);
  } catch (error) {
    return { damaged: `its manifest cannot be read: ${(error as Error).message}` };
  }
  if (text === null) return { damaged: 'it has no manifest' };
  try {
    const found = JSON.parse(text) as Partial<Manifest>;
    if (found.schemaVersion !== 1) return { damaged: `its manifest is of version ${found.schemaVersion}` };
    const isWhole =
      found.service === stored.service &&
      found.name === stored.name &&
      typeof found.bytes === 'number' &&
      typeof found.begun === 'string' &&
      Array.isArray(found.files) &&
      typeof found.taken?.tool === 'string';
    return isWhole ? { manifest: found as Manifest } : { damaged: 'its manifest is of something else' };
  } catch {
    return { damaged: 'its manifest is no JSON' };
  }
}

export function manifestText(manifest: Manifest): string {
  return jsonText(manifest);
}

/** null: it was never proved, or by a version that this one does not know. */
export function verificationOf(stored: Stored): Verification | null {
  try {
    const found = JSON.parse(stored.text(VERIFICATION) ?? 'null') as Verification | null;
    return found?.schemaVersion === 1 && typeof found.isGood === 'boolean' ? found : null;
  } catch {
    return null;
  }
}

export function setVerification(stored: Stored, verification: Verification): void {
  stored.setText(VERIFICATION, jsonText(verification));
}

/** `20261127T101403Z`, which sorts as time does. */
export function nameAt(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** null: it is no name of a backup. */
export function timeOfName(name: string): string | null {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name) ?? [];
  return y === undefined ? null : `${y}-${m}-${d}T${h}:${min}:${s}Z`;
}
