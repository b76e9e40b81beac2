import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** What this project writes: another has its own. */
const OWN = new Set(['settings', 'dist', 'cdk.out', 'coverage', '.git']);

/** Node.js takes the files of it by where the links are, not by where they lead. */
export const LINKED = ['--preserve-symlinks', '--preserve-symlinks-main'];

/** A folder in which everything is as in this project but the settings of the stages; gone after the test. */
export async function linkedProject(stages: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-project-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of await readdir(ROOT)) {
    if (!OWN.has(name)) await symlink(join(ROOT, name), join(folder, name));
  }
  await mkdir(join(folder, 'settings'));
  for (const [stage, settings] of Object.entries(stages)) {
    await writeFile(join(folder, 'settings', `${stage}.json`), JSON.stringify(settings));
  }
  return folder;
}
