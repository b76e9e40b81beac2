import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, replaceFile } from './state-files.ts';

/**
 * The mark of this data folder: 32 hexadecimal digits, made once. Processes carry it in their environment, so
 * that those of one installation are never taken for those of another. No secret.
 */
export async function readInstallationId(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'installation');
  const known = (await readFileIfExists(file))?.trim();
  if (known !== undefined && /^[0-9a-f]{32}$/.test(known)) return known;
  const made = randomBytes(16).toString('hex');
  await replaceFile(file, `${made}\n`, true);
  return made;
}
