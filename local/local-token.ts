import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { FileNotPrivate, readPrivateFile } from '#adapters/local/private-file.ts';
import { replaceFile } from '#adapters/local/state-files.ts';

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
export async function readFileOfUser(path: string): Promise<string | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    throw error instanceof FileNotPrivate ? new StartError(error.message, error) : error;
  }
}
