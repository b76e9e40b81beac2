import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
/** Folders that are not linked, because the copy has its own. */
const NOT_LINKED = new Set(['stages', 'dist', 'cdk.out', 'coverage', '.git']);

/** With these options Node.js resolves modules relative to the links instead of their targets. */
export const LINKED = ['--preserve-symlinks', '--preserve-symlinks-main'];

/** The compile cache of Node.js in a linked project. It halves the time of each further run of a tool. */
export const COMPILED = '.compiled';

let linked: Promise<string> | undefined;

/** Returns a copy of this project with other stages. All tests of a file share the folder. */
export async function linkedProject(stages: Readonly<Record<string, unknown>>): Promise<string> {
  linked ??= linkProject();
  const folder = await linked;
  const stagesFolder = join(folder, 'stages');
  await rm(stagesFolder, { recursive: true, force: true });
  await mkdir(stagesFolder);
  for (const [stage, settings] of Object.entries(stages)) {
    await writeFile(join(stagesFolder, `${stage}.json`), JSON.stringify(settings));
  }
  return folder;
}

async function linkProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-project-'));
  for (const name of await readdir(ROOT)) {
    if (!NOT_LINKED.has(name)) await symlink(join(ROOT, name), join(folder, name));
  }
  return folder;
}
