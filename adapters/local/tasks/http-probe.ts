import { get } from 'node:http';
import { pause, type Timers } from '../timers.ts';

/** One try may take this long, and the pause between two tries grows between these, milliseconds. */
const ATTEMPT_TIMEOUT_MS = 2000;
const DELAY_MIN_MS = 50;
const DELAY_MAX_MS = 1000;

/** Asks again and again until the address answers HTTP; false when the signal aborted first. */
export async function waitUntilResponding(
  url: string,
  timers: Timers,
  signal: AbortSignal,
): Promise<boolean> {
  for (let ms = DELAY_MIN_MS; !signal.aborted; ms = Math.min(ms * 1.3, DELAY_MAX_MS)) {
    if (await respondsToHttp(url, signal)) return !signal.aborted;
    await pause(timers, ms, signal);
  }
  return false;
}

/** Whether there is an HTTP answer with a status below 500: a login page or a 404 is one. */
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
