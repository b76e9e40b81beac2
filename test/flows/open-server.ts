import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { chooseCommand } from '#adapters/local/processes/command.ts';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { processRuntime } from '#local/runtime.ts';
import { type RunningServer, startServer } from '#local/server.ts';
import { readLocalSettings } from '#local/settings.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';

export const PAGE = join(import.meta.dirname, '../../adapters/local/processes/page/server.ts');

/** A server that responds with 200 to all requests. It starts in about 50 ms. */
export const TINY_SERVER = `exec '${process.execPath}' -e "require('http').createServer((q,s)=>s.end(q.url)).listen(process.env.PORT,'127.0.0.1')"`;

/** Creates a folder that is deleted when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'workbench-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface OpenServer extends RunningServer {
  readonly telemetry: TelemetryRecorder;
  readonly dataDir: string;
}

/** Starts a server on free ports that is closed when the test ends. Without WB_DATA_DIR it gets a new folder. */
export async function openServer(environment: Readonly<Record<string, string>> = {}): Promise<OpenServer> {
  const dataDir = environment.WB_DATA_DIR ?? (await temporaryFolder());
  const settings = readLocalSettings({ PORT: '0', ...environment, WB_DATA_DIR: dataDir });
  const telemetry = new TelemetryRecorder();
  const command = chooseCommand({
    bootCommand: settings.functions.WB_BOOT_COMMAND,
    keepPrefix: settings.keepPrefix,
    find: () => undefined,
    node: process.execPath,
    page: PAGE,
  });
  const server = await startServer(settings, processRuntime(command), telemetry);
  onTestFinished(() => server.close());
  return { ...server, telemetry, dataDir };
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly success?: boolean;
    readonly item: WorkbenchItem;
    readonly items: readonly WorkbenchItem[];
    readonly error: { readonly code: string; readonly reason?: string };
    readonly message?: string;
    readonly next_cursor?: string;
  };
}

/** Calls the API as user `me`, unless the path has a query. */
export async function call(
  server: { readonly api: { readonly url: string } },
  method: string,
  path: string,
  {
    body,
    headers = {},
  }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<ApiResponse> {
  const url = `${server.api.url}${path}${path.includes('?') ? '' : '?user_id=me'}`;
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method, ...content, headers: { ...type, ...headers } });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as ApiResponse['body'],
  };
}

/** Creates a workbench and returns its item. */
export async function create(server: OpenServer, body: object = {}): Promise<WorkbenchItem> {
  const { status, body: created } = await call(server, 'POST', '/workbenches', { body });
  if (status !== 201) throw new Error(`create failed with ${status}: ${JSON.stringify(created)}`);
  return created.item;
}

/** Ends a test that hangs, in milliseconds. On a busy computer a single start may take a minute. */
const HANGS_AFTER_MS = 300_000;

/** Polls until `check` returns a value. */
export async function until<T>(
  check: () => Promise<T | undefined | false>,
  condition: string,
  { everyMs = 50 }: { readonly everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + HANGS_AFTER_MS;
  while (performance.now() < end) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    await setTimeout(everyMs);
  }
  throw new Error(`timeout: ${condition}`);
}

/** Polls a workbench until it has that status. */
export async function waitForStatus(server: OpenServer, id: string, status: string): Promise<WorkbenchItem> {
  let last: unknown;
  return until(async () => {
    const { body } = await call(server, 'GET', `/workbenches/${id}`);
    last = body;
    return body.item?.status === status && body.item;
  }, `${id} is ${status}`).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}\n${await describeProcesses(id)}`);
  });
}

/** Describes the processes of a workbench, to find why one of them hangs: name, state, and what it waits for. Linux only. */
async function describeProcesses(id: string): Promise<string> {
  const read = (path: string) => readFile(path, 'latin1').catch(() => '');
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const described = await Promise.all(
    pids.map(async (pid) => {
      const [environment, command, status] = await Promise.all(
        ['environ', 'cmdline', 'status'].map((name) => read(`/proc/${pid}/${name}`)),
      );
      if (!environment?.includes(`WORKBENCH_ID=${id}`)) return [];
      const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
      const waits = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/wchan`)));
      const state = /^State:.*$/m.exec(status ?? '')?.[0];
      return [`process ${pid} ${state} in ${waits.join(' ')}: ${command?.replaceAll('\0', ' ')}`];
    }),
  );
  return described.flat().join('\n') || 'it has no process';
}

/** Polls a workbench until it does not exist. */
export async function waitUntilGone(server: OpenServer, id: string): Promise<void> {
  await until(async () => (await call(server, 'GET', `/workbenches/${id}`)).status === 404, `${id} is gone`);
}
