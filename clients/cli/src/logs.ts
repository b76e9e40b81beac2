import type { WorkbenchClient } from 'workbench-client';
import { formatLogLine, type Output } from './output.ts';

/** The most lines of a page. */
export const LOG_LINES_MAX = 1_000;

const INTERVAL_MS = 2_000;

/**
 * Prints the output of the current or last run: what there is, or with `follow` until the run has ended. After a restart it goes on with
 * the output of the next run.
 * @param lines begins with this many of the newest lines. @default with the oldest
 */
export async function printLogs(
  { client, output }: { readonly client: WorkbenchClient; readonly output: Output },
  workbenchId: string,
  { follow, lines }: { readonly follow: boolean; readonly lines?: number },
): Promise<void> {
  const first = lines === undefined ? {} : { newest: true, limit: lines };
  let cursor: string | undefined;
  for (;;) {
    const page = await client.logs(workbenchId, cursor === undefined ? first : { cursor });
    for (const line of page.items) output.result(line, formatLogLine(line));
    cursor = page.next_cursor;
    if (page.complete || (!follow && (page.items.length === 0 || lines !== undefined))) return;
    if (page.items.length === 0) await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
