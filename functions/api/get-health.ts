import { systemClock } from '#adapters/system-clock.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { type ApiPorts, publicApi, toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { version } from '../version.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';

/** How long one look at the table answers for, in milliseconds: anybody may ask, the table is asked seldom. */
export const HEALTH_CACHE_TTL_MS = 5000;
/** A table that has not answered by then does not answer, in milliseconds. */
export const HEALTH_TIMEOUT_MS = 2000;

/** GET /health, without authorization. */
export function build(
  ports: ApiPorts & { readonly workbenches: Pick<WorkbenchStore, 'ping'> },
  { timeoutMs = HEALTH_TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): ApiHandler {
  let looked: { readonly at: number; readonly answers: Promise<boolean> } | undefined;
  const tableAnswers = (): Promise<boolean> => {
    const now = ports.clock.now();
    const age = looked === undefined ? Number.NaN : now - looked.at;
    // Not kept either when the clock has stepped back.
    if (looked === undefined || !(age >= 0 && age < HEALTH_CACHE_TTL_MS)) {
      looked = { at: now, answers: resolvesWithin(ports.workbenches.ping(), timeoutMs) };
    }
    return looked.answers;
  };
  return toApiHandler(publicApi(ports), async () => {
    if (await tableAnswers())
      return { status: 200, body: { success: true, item: { status: 'ok', version } } };
    throw new WorkbenchError('unavailable', 'The table does not answer.', {
      reason: 'table',
      retryAfterSeconds: HEALTH_CACHE_TTL_MS / 1000,
    });
  });
}

async function resolvesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

export const handler = createApiHandler('get-health', (wiring) => {
  const { telemetry } = wiring;
  return build({ workbenches: workbenchStore(openTable(wiring)), clock: systemClock, telemetry });
});
