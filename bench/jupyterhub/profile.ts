import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { areaOfSource, IDLE, monotonicMicroseconds, readProfile, sumByArea } from '../cpu-profile.ts';
import { runLoad } from '../load.ts';
import { withServer } from '../server-process.ts';
import { CONNECTIONS, fillServer, type Kind, SERVER_SETTINGS } from './measure.ts';

/** Area of the code → its share of the time of a request, the largest first. */
export type RequestProfile = readonly (readonly [area: string, share: number])[];

/** Runs the local server in the profiler of Node.js, and returns where the time of a request goes. */
export async function profileRequests(kind: Kind, seconds: number): Promise<RequestProfile> {
  const profiles = (folder: string) => join(folder, 'profiles');
  return await withServer(
    () => SERVER_SETTINGS,
    async (server) => {
      await mkdir(profiles(server.folder), { recursive: true });
      const { url, requests } = await fillServer(server);
      const load = { name: kind, requests: requests[kind] };
      await runLoad(url, load, { seconds: 1, connections: CONNECTIONS });
      const from = monotonicMicroseconds();
      await runLoad(url, load, { seconds, connections: CONNECTIONS });
      const window = { from, to: monotonicMicroseconds() };
      await server.end();
      const areas = sumByArea(await readProfile(profiles(server.folder)), window, areaOfSource);
      areas.delete(IDLE);
      const total = [...areas.values()].reduce((sum, time) => sum + time, 0);
      return [...areas].map(([area, time]) => [area, time / total] as const).sort(([, a], [, b]) => b - a);
    },
    (folder) => ['--cpu-prof', `--cpu-prof-dir=${profiles(folder)}`],
  );
}
