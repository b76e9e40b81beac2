import { lstat } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';

/** Whether there is anything with this name, also a link without a target. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
