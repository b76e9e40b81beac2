import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
export const CONSOLE_SOURCES = join(ROOT, 'console');
/** The built files. Git ignores them. */
export const CONSOLE_DIST = join(CONSOLE_SOURCES, 'dist');
const BUILD_TOOL = join(ROOT, 'tools/console-build.ts');

/** What the built files depend on: sources, also those that it shares with the API, and the versions of the packages. */
const SOURCES = [
  'console/index.html',
  'console/vite.config.ts',
  'contract/console-config.ts',
  'core/access/rights.ts',
  'package-lock.json',
];
const SOURCE_FOLDERS = ['console/src', 'clients/typescript/src'];
/** In the folder of the built files: a hash of the sources. */
const STAMP = '.sources';

/** Longer than a build takes on a slow computer, milliseconds. */
const BUILD_TIMEOUT_MS = 120_000;

/**
 * Builds the console if its sources have changed since the last build, in a process of its own, whose memory the server does not
 * need afterwards.
 * @returns the folder of the built files
 * @throws Error if it cannot be built
 */
export async function buildConsoleIfStale(): Promise<string> {
  const [built, present] = await Promise.all([readConsoleStamp(CONSOLE_DIST), hashConsoleSources()]);
  if (built === present) return CONSOLE_DIST;
  await promisify(execFile)(process.execPath, [BUILD_TOOL], { cwd: ROOT, timeout: BUILD_TIMEOUT_MS });
  return CONSOLE_DIST;
}

/** Writes from which sources the files in this folder are built. @param hash of hashConsoleSources, before the build */
export async function writeConsoleStamp(folder: string, hash: string): Promise<void> {
  await writeFile(join(folder, STAMP), hash);
}

async function readConsoleStamp(folder: string): Promise<string | undefined> {
  return await readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
}

/** Whether a change of this file, named from the root of the project, leads to another build. */
export function isConsoleSource(file: string): boolean {
  return SOURCES.includes(file) || SOURCE_FOLDERS.some((folder) => file.startsWith(`${folder}/`));
}

/** Returns a hash of the names and contents of all sources: times would differ after each clone. */
export async function hashConsoleSources(): Promise<string> {
  const listed = await Promise.all(
    SOURCE_FOLDERS.map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    }),
  );
  const files = [...SOURCES.map((file) => join(ROOT, file)), ...listed.flat()].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${file.slice(ROOT.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
