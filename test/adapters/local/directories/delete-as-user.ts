/** Deletes a volume with folders whose permissions prevent it: `node delete-as-user.ts <dataDir> <kind>`. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';

const [dataDir = '', kind] = process.argv.slice(2);
const volumes = new DirectoryVolumes({ dataDir, clock: { now: () => Date.now() } });
const outcome = await volumes.ensure('wb1');
const path = outcome.kind === 'ready' ? (outcome.mount.path ?? '') : '';
const closed = join(path, 'closed');
await mkdir(join(closed, 'inner'), { recursive: true });
await writeFile(join(closed, 'file'), '');
await writeFile(join(closed, 'inner', 'file'), '');
if (kind === 'folder without any') await chmod(closed, 0o000);
if (kind === 'folder without write') await chmod(closed, 0o500);
if (kind === 'deep folder without any') {
  const parent = join(path, 'd'.repeat(150), 'd'.repeat(150));
  await mkdir(parent, { recursive: true });
  await rename(closed, join(parent, 'closed'));
  await chmod(join(parent, 'closed', 'inner'), 0o000);
  await chmod(join(parent, 'closed'), 0o000);
  await chmod(parent, 0o500);
}
let calls = 0;
while (!(await volumes.deleteSlice('wb1')).done) {
  calls += 1;
  if (calls > 100) throw new Error('the deletion does not end');
}
if (existsSync(path)) throw new Error('the folder still exists');
process.stdout.write('deleted');
