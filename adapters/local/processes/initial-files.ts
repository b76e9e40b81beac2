import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists } from '../../directories/exists.ts';
import { replaceFile } from '../state-files.ts';

/**
 * Writes the files of a program that do not exist: relative path → content. A file is complete or does not exist, because
 * the next start does not write it again. The program must not run.
 */
export async function writeInitialFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    if (!(await exists(file))) await replaceFile(file, content);
  }
}
