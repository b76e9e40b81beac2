import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** Folders that are not linked, because the copy has its own. */
const NOT_LINKED = new Set(['stages', 'dist', 'cdk.out', 'coverage', '.git']);

/** With these options Node.js resolves modules relative to the links instead of their targets. */
export const LINKED = ['--preserve-symlinks', '--preserve-symlinks-main'];

/** Creates a copy of this project with other stages. It is deleted after the test. */
export async function linkedProject(stages: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-project-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of await readdir(ROOT)) {
    if (!NOT_LINKED.has(name)) await symlink(join(ROOT, name), join(folder, name));
  }
  await mkdir(join(folder, 'stages'));
  for (const [stage, settings] of Object.entries(stages)) {
    await writeFile(join(folder, 'stages', `${stage}.json`), JSON.stringify(settings));
  }
  return folder;
}
