import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callApi, listAll, waitUntilAllStopped } from './api-client.ts';
import { percentile } from './percentiles.ts';
import type { ServerProcess } from './server-process.ts';

export interface BurstResult {
  readonly creates: number;
  /** Milliseconds until the response. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Responses other than 201. */
  readonly refused: number;
  /** Created workbenches that are missing in the list afterwards. */
  readonly lost: number;
  /** Workbenches in excess of creates, and runs in excess of workbenches. */
  readonly duplicated: number;
  /** Created workbenches that never ran. */
  readonly neverRun: number;
  /** Milliseconds from the first create until every workbench has run and stopped. */
  readonly drainedMs: number;
}

const USER = 'burst';
/** After this time the queue counts as stuck. */
const DRAIN_TIMEOUT_MS = 600_000;

/** Returns a boot command that records its run and exits. */
export function runRecordingCommand(folder: string): string {
  return `echo "$WORKBENCH_ID" >> '${runsFile(folder)}'`;
}

function runsFile(folder: string): string {
  return join(folder, 'runs.txt');
}

/** Creates workbenches concurrently, and waits until each has run. */
export async function measureBurst({ url, folder }: ServerProcess, creates: number): Promise<BurstResult> {
  const start = performance.now();
  const durations: number[] = [];
  const responses = await Promise.all(
    Array.from({ length: creates }, async (_, index) => {
      const response = await callApi('POST', `${url}/workbenches?user_id=${USER}`, {
        workbench_name: `burst ${index}`,
      });
      durations.push(performance.now() - start);
      return response;
    }),
  );
  const createdIds = responses.flatMap(({ status, body }) =>
    status === 201 && body.item !== undefined ? [body.item.workbench_id] : [],
  );
  const listed = await listAll(url, USER);
  const ids = new Set(listed.map(({ workbench_id }) => workbench_id));
  await waitUntilAllStopped(url, USER, DRAIN_TIMEOUT_MS);
  const drainedMs = performance.now() - start;
  const runs = (await readFile(runsFile(folder), 'utf8')).split('\n').filter((id) => id !== '');
  const ranIds = new Set(runs);
  return {
    creates,
    p50: percentile(durations, 0.5),
    p99: percentile(durations, 0.99),
    max: percentile(durations, 1),
    refused: creates - createdIds.length,
    lost: createdIds.filter((id) => !ids.has(id)).length,
    duplicated: listed.length - new Set(createdIds).size + runs.length - ranIds.size,
    neverRun: createdIds.filter((id) => !ranIds.has(id)).length,
    drainedMs,
  };
}
