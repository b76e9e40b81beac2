import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';

/** A file with a secret that other users of the computer can read or have written. */
export class FileNotPrivate extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FileNotPrivate';
  }
}

/**
 * Returns the content of a file with a secret, or undefined when it does not exist.
 * @throws FileNotPrivate when it is no plain file, belongs to another user, or when other users may read or write it
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
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
