import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import { EXAMPLE_IMAGE } from '#local/local-settings.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { giveToWorkbenchUser, runToCompletion } from './container-bench.ts';

/** A container fills the volume through its mount with files that only its user can read. */
describeVolumeStoreContract('DirectoryVolumes, filled by containers,', async () => {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'wb-volumes-')));
  const open = () => new DirectoryVolumes({ dataDir, clock: { now: () => Date.now() } });
  return {
    volumes: open(),
    fill: async ({ path = '' }, files) => {
      const user = await giveToWorkbenchUser(path);
      const script = `for (let n = 0; n < ${files}; n += 1) require('fs').writeFileSync('/workbench/f' + n, 'x', { mode: 0o600 })`;
      await runToCompletion({
        Image: EXAMPLE_IMAGE,
        User: user,
        Entrypoint: ['node', '-e', script],
        Healthcheck: { Test: ['NONE'] },
        HostConfig: { Mounts: [{ Type: 'bind', Source: path, Target: '/workbench' }] },
      });
    },
    count: async ({ path }) =>
      (await readdir(path ?? '', { recursive: true }).catch(() => undefined))?.length,
    reopen: async () => open(),
    end: () => rm(dataDir, { recursive: true, force: true }),
  };
});
