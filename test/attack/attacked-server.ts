import { expect } from 'vitest';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';

export interface AttackedServer {
  /** The address of the API: `http://127.0.0.1:8999`. */
  readonly api: string;
  readonly apiPort: number;
  readonly dataDir: string;
}

/**
 * Starts a server as a process of its own, attacks it, and checks that the attack cost nothing but its own requests:
 * the same processes serve, and no exception had to be contained.
 */
export async function attackServer(
  settings: Readonly<Record<string, string>>,
  attack: (server: AttackedServer) => Promise<void>,
): Promise<void> {
  const server = await LocalServer.start(
    await createDataDir(),
    { WB_LOCAL_STOP_TIMEOUT_SECONDS: '0', ...settings },
    SERVER_ALONE,
  );
  const { api } = server;
  const pid = await server.findPid();
  const gatePid = await server.findGatePid();
  expect(gatePid).toBeDefined();
  await attack({ api, apiPort: Number(new URL(api).port), dataDir: server.dataDir });
  expect(await server.findPid()).toBe(pid);
  expect(await server.findGatePid()).toBe(gatePid);
  const health = await fetch(`${api}/health`);
  expect([health.status, await health.json()]).toMatchObject([200, { success: true }]);
  expect(server.output).not.toContain('an exception ended a request');
}

/** Calls an action for each item, at most `width` at the same time. Returns the results in the order of the items. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  width: number,
  action: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const work = async () => {
    for (const [index, item] of entries) results[index] = await action(item, index);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
