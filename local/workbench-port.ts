import { join } from 'node:path';
import { isPortInUse, StartError } from '#adapters/http-server/listen.ts';
import { readFileIfExists, replaceFile } from '#adapters/local/state-files.ts';
import { pause, type Timers } from '#adapters/local/timers.ts';
import type { LocalSettings } from './settings.ts';

/**
 * How long a port may stay in use, milliseconds. The gate of a controller that was killed ends by itself, and may need a
 * moment for it.
 */
const PORT_WAIT_MS = 2_000;
const PORT_RETRY_MS = 50;

/**
 * Listens on the port of the workbenches' origin and returns its number. If the setting is 0, this is the port of the
 * last start unless another program uses it: browsers keep cookies, logins and open tabs for an origin with its port.
 * @param listen listens on a port (0: any free one) and returns its number
 * @throws StartError when the server cannot listen on the port of the setting
 */
export async function listenOnWorkbenchPort(
  listen: (port: number) => Promise<number>,
  { dataDir, workbenchPort }: Pick<LocalSettings, 'dataDir' | 'workbenchPort'>,
  timers: Timers,
): Promise<number> {
  if (workbenchPort !== 0) return listenWhenFree(listen, workbenchPort, timers);
  const file = join(dataDir, 'workbench-port');
  const last = Number(await readFileIfExists(file));
  if (Number.isInteger(last) && last > 0 && last <= 65_535) {
    try {
      return await listenWhenFree(listen, last, timers);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
    }
  }
  const port = await listen(0);
  await replaceFile(file, `${port}\n`);
  return port;
}

async function listenWhenFree(
  listen: (port: number) => Promise<number>,
  port: number,
  timers: Timers,
): Promise<number> {
  const end = timers.elapsed() + PORT_WAIT_MS;
  for (;;) {
    try {
      return await listen(port);
    } catch (error) {
      if (!isPortInUse(error) || timers.elapsed() >= end) throw error;
    }
    await pause(timers, PORT_RETRY_MS);
  }
}
