import type { Server } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { LocalQueue } from './queue.ts';

/** From this number of concurrent requests on, the server counts as busy. */
export const BUSY_REQUESTS_MIN = 4;

/**
 * Limits the work queue to one delivery while the server is busy, because one process does all the work. The limit ends
 * when no request is in progress.
 */
export function yieldToRequests(
  gateway: Pick<Server, 'on'>,
  queue: Pick<LocalQueue, 'setConcurrency'>,
): void {
  let requests = 0;
  gateway.on('request', (_request, response) => {
    requests += 1;
    if (requests === BUSY_REQUESTS_MIN) queue.setConcurrency(1);
    response.once('close', () => {
      requests -= 1;
      // Deliveries that begin here do not belong to the request that has ended.
      if (requests === 0) outsideRequest(() => queue.setConcurrency(Number.POSITIVE_INFINITY));
    });
  });
}
