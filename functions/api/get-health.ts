import { WorkbenchError } from '#core/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { toApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { version } from '../version.ts';

/** How long the result of a ping is reused, in milliseconds. The route is public, so each request must not cost a read. */
export const HEALTH_CACHE_TTL_MS = 5000;
/** A ping that takes longer than this counts as failed, in milliseconds. */
export const HEALTH_TIMEOUT_MS = 2000;

/** GET /health, without authorization. */
export function buildGetHealth(
  ports: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
    readonly workbenches: Pick<WorkbenchStore, 'ping'>;
  },
  { timeoutMs = HEALTH_TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): ApiHandler {
  let lastPing: { readonly at: number; readonly succeeded: Promise<boolean> } | undefined;
  const isTableAvailable = (): Promise<boolean> => {
    const now = ports.clock.now();
    const age = lastPing === undefined ? Number.NaN : now - lastPing.at;
    // A negative age (the clock was set back) is not reused either.
    if (lastPing === undefined || !(age >= 0 && age < HEALTH_CACHE_TTL_MS)) {
      lastPing = { at: now, succeeded: resolvesWithin(ports.workbenches.ping(), timeoutMs) };
    }
    return lastPing.succeeded;
  };
  return toApiHandler(ports, async () => {
    if (await isTableAvailable()) {
      return { status: 200, body: { success: true, item: { status: 'ok', version } } };
    }
    throw new WorkbenchError('unavailable', 'The table is not available. Try again.', {
      reason: 'table',
      retryAfterSeconds: HEALTH_CACHE_TTL_MS / 1000,
    });
  });
}

async function resolvesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
