import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { StartError } from '#adapters/http-server/listen.ts';
import { replaceFile } from '#adapters/local/state-files.ts';
import { errorCode } from '#adapters/system-error.ts';

/** Its name in the data folder. */
export const TOKEN_FILE = 'token';

/** Whether a text is a secret, and not `auto`. */
export function isSecret(text: string): boolean {
  return /^[\x21-\x7e]{16,4096}$/.test(text);
}

export function generateToken(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Returns the secret of WB_LOCAL_TOKEN. With `auto` it is generated at the first start and kept in the data folder, where
 * only this user can read it.
 * @param dataDir an existing folder, which this process has locked
 * @throws StartError when other users can read the file, or when it has no secret
 */
export async function openLocalToken(dataDir: string, setting: string): Promise<string> {
  if (setting !== 'auto') return setting;
  const path = join(dataDir, TOKEN_FILE);
  const stored = (await readFileOfUser(path))?.trim();
  if (stored !== undefined) {
    if (isSecret(stored)) return stored;
    throw new StartError(`${path} contains no token of WB_LOCAL_TOKEN. Delete it, so that one is generated.`);
  }
  const token = generateToken();
  await replaceFile(path, `${token}\n`, true);
  return token;
}

/** @throws StartError */
async function readFileOfUser(path: string): Promise<string | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    throw error instanceof FileNotPrivate ? new StartError(error.message, error) : error;
  }
}

/** Its name in the data folder. */
export const RUN_KEY_FILE = 'run-key';

/**
 * Returns the key of the tokens of runs. It is in the data folder, where only this user can read it: containers outlive a server that
 * was killed, and keep their tokens.
 * @param dataDir an existing folder, which this process has locked
 * @throws StartError when other users can read the file, or when it has no key
 */
export async function openRunKey(dataDir: string): Promise<string> {
  const path = join(dataDir, RUN_KEY_FILE);
  const stored = (await readFileOfUser(path))?.trim();
  if (stored !== undefined) {
    if (isSecret(stored)) return stored;
    throw new StartError(`${path} contains no key. Delete it, so that one is generated.`);
  }
  const key = generateToken();
  await replaceFile(path, `${key}\n`, true);
  return key;
}

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

/** A file with a secret that other users of the computer can read or have written. */
class FileNotPrivate extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FileNotPrivate';
  }
}

/**
 * Returns the content of a file with a secret, or undefined when it does not exist.
 * @throws FileNotPrivate when it is no plain file, belongs to another user, or when other users may read or write it
 */
async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      const { mode, uid } = stats;
      const own = process.getuid?.() ?? uid;
      if (!stats.isFile()) throw new FileNotPrivate(`${path} is not a plain file.`);
      if (uid !== own) throw new FileNotPrivate(`${path} belongs to another user. Delete it.`);
      if ((mode & 0o077) !== 0)
        throw new FileNotPrivate(
          `Other users may use ${path}: its mode is ${(mode & 0o777).toString(8)}. If none of them has read it, run chmod 600 on it; otherwise delete it, so that a new secret is generated.`,
        );
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ELOOP') throw new FileNotPrivate(`${path} is a symbolic link. Delete it.`);
    throw error;
  }
}
