import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Reads the files of the repository that git tracks or would track.
 * @param isWanted called with the path from the root of the repository
 * @param folders only files in these folders. @default all
 * @returns path from the root → text
 */
export function readRepositoryFiles(
  isWanted: (path: string) => boolean,
  folders: readonly string[] = [],
): ReadonlyMap<string, string> {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate', ...folders], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter(isWanted);
  return new Map(paths.map((path) => [path, readIfPresent(join(ROOT, path))]));
}

/** A deleted file stays in the index until the deletion is staged. */
function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
