import { mkdir } from 'node:fs/promises';
import { errorCode } from '../../system-error.ts';

/** Creates a folder with mode 0700. Returns false when the name exists. */
export async function createDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
