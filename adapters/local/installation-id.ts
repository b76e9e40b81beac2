import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, replaceFile } from './state-files.ts';

/**
 * Returns the id of this data folder: 32 hexadecimal digits, generated once. Processes have it in their
 * environment and containers have it as a label, so that a server recognizes its own. It is not a secret.
 */
export async function readInstallationId(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'installation');
  const stored = (await readFileIfExists(file))?.trim();
  if (stored !== undefined && /^[0-9a-f]{32}$/.test(stored)) return stored;
  const id = randomBytes(16).toString('hex');
  await replaceFile(file, `${id}\n`, true);
  return id;
}
