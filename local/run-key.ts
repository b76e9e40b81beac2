import { join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { replaceFile } from '#adapters/local/state-files.ts';
import { generateToken, isSecret, readFileOfUser } from './local-token.ts';

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
