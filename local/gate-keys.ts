import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { StartError } from '#adapters/http-server/listen.ts';
import { replaceFile } from '#adapters/local/state-files.ts';
import { readFileOfUser } from './local-token.ts';

/** The name of the file in the data folder. */
export const KEYS_FILE = 'gate-keys.json';

/** A key that is older than this is replaced at the next start, milliseconds: 30 days. */
export const KEY_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;

const keysSchema = z.strictObject({
  current: z.string().check(z.minLength(32)),
  previous: z.optional(z.string().check(z.minLength(32))),
  /** When the current key was generated, milliseconds since 1970. */
  since: z.int(),
});

/** The secrets that seal the cookies of the gate. */
export interface GateKeys {
  readonly current: string;
  readonly previous?: string | undefined;
}

/**
 * Returns the keys of the gate's cookies. They are in the data folder, where only this user can read them. The first start
 * generates a key; a start after KEY_LIFETIME_MS replaces it and keeps it as the previous one, so that no session ends.
 * @param dataDir an existing folder, which this process has locked
 * @param now milliseconds since 1970
 * @throws StartError when other users can read the file, or when it is damaged
 */
export async function openGateKeys(dataDir: string, now: number): Promise<GateKeys> {
  const stored = await readKeys(dataDir);
  // A key of the future was generated before the clock was set back.
  const isCurrent = stored !== undefined && Math.abs(now - stored.since) < KEY_LIFETIME_MS;
  return isCurrent ? stored : await writeKeys(dataDir, now, stored?.current);
}

/** Replaces the current key. The sessions of the key before it end. The parameters and errors are those of `openGateKeys`. */
export async function rotateGateKeys(dataDir: string, now: number): Promise<void> {
  await writeKeys(dataDir, now, (await readKeys(dataDir))?.current);
}

async function readKeys(dataDir: string): Promise<z.infer<typeof keysSchema> | undefined> {
  const path = join(dataDir, KEYS_FILE);
  const text = await readFileOfUser(path);
  if (text === undefined) return undefined;
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch {
    // The cause is left out, because it may contain a key.
    throw new StartError(
      `${path} is damaged. Delete it: new keys are generated, and all users must sign in again.`,
    );
  }
}

async function writeKeys(dataDir: string, now: number, previous: string | undefined): Promise<GateKeys> {
  const keys = { current: randomBytes(32).toString('base64url'), previous, since: now };
  await replaceFile(join(dataDir, KEYS_FILE), `${JSON.stringify(keys)}\n`, true);
  return keys;
}
