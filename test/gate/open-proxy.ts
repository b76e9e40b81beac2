import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { toEndpoint, toSocketEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { createGate } from '#gate/create-gate.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { type AddressMode, WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { acceptedRun, ID, running } from '#test/builders/workbench.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';

/** A store with one record that counts its reads. */
export class SingleRecordStore {
  record: Workbench | undefined;
  reads = 0;
  failing = false;

  async findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    if (this.failing) throw new Error('the table does not respond');
    return this.record?.workbenchId === workbenchId ? keyOf(this.record) : undefined;
  }

  async read(): Promise<Workbench | undefined> {
    this.reads += 1;
    return this.record;
  }
}

export async function openProxy(
  record?: Workbench,
  baseUrl = 'http://127.0.0.1:1',
  addressMode: AddressMode = 'prefix',
) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const workbenches = new SingleRecordStore();
  workbenches.record = record;
  const addresses = new WorkbenchAddresses(addressMode, () => new URL(baseUrl));
  const proxy = createGate({
    access: { kind: 'open', guard: { hosts: [], origins: [] } },
    workbenches,
    shares: NO_SHARES,
    activity: new MemoryActivityStore(),
    telemetry,
    baseUrl: () => new URL(baseUrl),
    addresses,
    pages: new PageRenderer(DEFAULT_LOOK),
    timers,
  });
  const port = await listen(proxy.server, '127.0.0.1', 0, 'WB_WORKBENCH_PORT');
  onTestFinished(() => proxy.close(0));
  const origin = `http://127.0.0.1:${port}`;
  return { proxy, port, origin, url: `${origin}/project/${ID}`, timers, telemetry, workbenches };
}

/** Where a backend of the tests listens. `socket`: on a Unix socket. */
export type BackendAddress = '127.0.0.1' | '::1' | 'socket';

/** Starts the server of a workbench. */
export async function openBackend(
  listener: RequestListener,
  { address = '127.0.0.1', ...options }: ServerOptions & { address?: BackendAddress } = {},
): Promise<{ server: Server; url: string; port: number }> {
  const server = createServer(options, listener);
  if (address === 'socket') {
    const path = join(await mkdtemp(join(tmpdir(), 'wb-socket-')), 'a:b c');
    onTestFinished(() => rm(dirname(path), { recursive: true, force: true }));
    server.listen(path);
    await once(server, 'listening');
    onTestFinished(() => closeServer(server, 0));
    return { server, port: 0, url: toSocketEndpoint(path) };
  }
  const port = await listen(server, address, 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  return { server, port, url: toEndpoint(address, port) };
}

export function runningAt(endpoint: string): Workbench {
  return running({ run: acceptedRun({ endpoint }) });
}
