import { join } from 'node:path';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { openStores } from '#adapters/local/sqlite/stores.ts';
import { idAt, starting, T0 } from '#test/builders/workbench.ts';

/**
 * A program that locks a folder and writes records until it is killed. It prints the id of each record after the write
 * was acknowledged. If the folder is locked, it prints the code of the error.
 */
const telemetry = { info() {}, warn() {}, error() {}, count() {} };
const folder = String(process.argv[2]);

try {
  const lock = lockDataFolder(folder);
  // Without a reference the lock would end with the next garbage collection.
  process.on('exit', () => lock.release());
  const { workbenches } = openStores(join(folder, 'state.db'), { telemetry });
  process.stdout.write('open\n');
  for (let n = 0; ; n += 3) {
    const written = [n, n + 1, n + 2].map(async (each) => {
      const workbenchId = idAt(T0, each);
      await workbenches.create(starting({ workbenchId }));
      process.stdout.write(`${workbenchId}\n`);
    });
    await Promise.all(written);
  }
} catch (error) {
  if (!(error instanceof DataDirectoryLocked)) throw error;
  process.stdout.write(`${error.code}\n`);
}
