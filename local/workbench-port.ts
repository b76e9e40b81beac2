import type { Server } from 'node:http';
import { join } from 'node:path';
import { listen, StartError } from '#adapters/http-server/listen.ts';
import { readFileIfExists, replaceFile } from '#adapters/local/state-files.ts';
import type { LocalSettings } from './settings.ts';

const SETTING = 'WB_WORKBENCH_PORT';

/**
 * Listens on the port of the workbenches' origin and returns its number. If the setting is 0, this is the port of the
 * last start unless another program uses it: browsers keep cookies, logins and open tabs for an origin with its port.
 * @throws StartError when the server cannot listen on the port of the setting
 */
export async function listenOnWorkbenchPort(
  server: Server,
  { bindAddress, dataDir, workbenchPort }: Pick<LocalSettings, 'bindAddress' | 'dataDir' | 'workbenchPort'>,
): Promise<number> {
  if (workbenchPort !== 0) return listen(server, bindAddress, workbenchPort, SETTING);
  const file = join(dataDir, 'workbench-port');
  const last = Number(await readFileIfExists(file));
  if (Number.isInteger(last) && last > 0 && last <= 65_535) {
    try {
      return await listen(server, bindAddress, last, SETTING);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
    }
  }
  const port = await listen(server, bindAddress, 0, SETTING);
  await replaceFile(file, `${port}\n`);
  return port;
}
