import { get } from 'node:http';
import { pause, type Timers } from '../timers.ts';

/** Timeout of one attempt, and the bounds of the growing delay between attempts, milliseconds. */
const ATTEMPT_TIMEOUT_MS = 2000;
const DELAY_MIN_MS = 50;
const DELAY_MAX_MS = 1000;

/** Sends requests until the URL responds. Returns false when the signal aborts before. */
export async function waitUntilResponding(
  url: string,
  timers: Timers,
  signal: AbortSignal,
): Promise<boolean> {
  for (let delayMs = DELAY_MIN_MS; !signal.aborted; delayMs = Math.min(delayMs * 1.3, DELAY_MAX_MS)) {
    if (await respondsToHttp(url, signal)) return !signal.aborted;
    await pause(timers, delayMs, signal);
  }
  return false;
}

/** Whether the URL responds with a status below 500. A login page or a 404 is enough. */
export function respondsToHttp(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: ATTEMPT_TIMEOUT_MS, signal }, (response) => {
      resolve((response.statusCode ?? 500) < 500);
      response.destroy();
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
