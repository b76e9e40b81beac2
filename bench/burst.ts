import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callApi, listAll, waitUntilAllStopped } from './api-client.ts';
import { percentile } from './percentiles.ts';
import type { ServerProcess } from './server-process.ts';

export interface BurstResult {
  readonly creates: number;
  /** Milliseconds until the answer. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers other than 201. */
  readonly refused: number;
  /** Acknowledged, and not in the list afterwards. */
  readonly lost: number;
  /** Workbenches beyond one a create, and runs beyond one a workbench. */
  readonly doubled: number;
  /** Acknowledged, and never run. */
  readonly neverRun: number;
  /** From the first create until each workbench has run and ended, milliseconds. */
  readonly drainedMs: number;
}

const USER = 'burst';
/** Beyond it the queue counts as stuck, milliseconds. */
const DRAIN_TIMEOUT_MS = 600_000;

/** Each run notes down that it took place, and ends. */
export function recordRunCommand(folder: string): string {
  return `echo "$WORKBENCH_ID" >> '${runsFile(folder)}'`;
}

function runsFile(folder: string): string {
  return join(folder, 'runs.txt');
}

/** Creates so many workbenches at once, and waits until each has had its turn. */
export async function burst({ url, folder }: ServerProcess, creates: number): Promise<BurstResult> {
  const began = performance.now();
  const took: number[] = [];
  const answers = await Promise.all(
    Array.from({ length: creates }, async (_, index) => {
      const answer = await callApi('POST', `${url}/workbenches?user_id=${USER}`, {
        workbench_name: `burst ${index}`,
      });
      took.push(performance.now() - began);
      return answer;
    }),
  );
  const acknowledged = answers.flatMap(({ status, body }) =>
    status === 201 && body.item !== undefined ? [body.item.workbench_id] : [],
  );
  const listed = await listAll(url, USER);
  const ids = new Set(listed.map(({ workbench_id }) => workbench_id));
  await waitUntilAllStopped(url, USER, DRAIN_TIMEOUT_MS);
  const drainedMs = performance.now() - began;
  const runs = (await readFile(runsFile(folder), 'utf8')).split('\n').filter((id) => id !== '');
  const hasRun = new Set(runs);
  return {
    creates,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    max: percentile(took, 1),
    refused: creates - acknowledged.length,
    lost: acknowledged.filter((id) => !ids.has(id)).length,
    doubled: listed.length - new Set(acknowledged).size + runs.length - hasRun.size,
    neverRun: acknowledged.filter((id) => !hasRun.has(id)).length,
    drainedMs,
  };
}
