import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ProbedTask } from '#core/ports/gate-probe.ts';

/**
 * The token with which the controller asks the gate about a task: `wbprobe.<workbench id>.<task id>.<expiry>.<HMAC>`. It is valid
 * for this question alone, and for a minute.
 */

/** How long a token is valid, milliseconds. The clocks of the controller and of the gate may differ by seconds. */
export const PROBE_TOKEN_LIFETIME_MS = 60_000;

/** The bytes that are signed begin with it, so that a key of another use signs no token: the tokens of runs have the same keys. */
const PURPOSE = 'gate-probe/1';
/** Task ids of local mode have hyphens. */
const TOKEN = /^wbprobe\.([0-9a-z]{1,64})\.([0-9A-Za-z-]{1,64})\.(\d{1,16})\.([A-Za-z0-9_-]{43})$/;

export function probeTokenOf(key: string, task: ProbedTask, now: number): string {
  const expiresAt = String(now + PROBE_TOKEN_LIFETIME_MS);
  return `wbprobe.${task.workbenchId}.${task.taskId}.${expiresAt}.${macOf(key, task, expiresAt)}`;
}

/** Returns the task of a token that was signed with one of the keys and has not expired; undefined for any other. */
export function verifyProbeToken(
  keys: readonly string[],
  token: string,
  now: number,
): ProbedTask | undefined {
  const [, workbenchId, taskId, expiresAt, mac] = TOKEN.exec(token) ?? [];
  if (workbenchId === undefined || taskId === undefined || expiresAt === undefined || mac === undefined)
    return undefined;
  const task = { workbenchId, taskId };
  const isSigned = keys.some((key) =>
    timingSafeEqual(Buffer.from(macOf(key, task, expiresAt)), Buffer.from(mac)),
  );
  const leftMs = Number(expiresAt) - now;
  return isSigned && leftMs > 0 && leftMs <= 2 * PROBE_TOKEN_LIFETIME_MS ? task : undefined;
}

function macOf(key: string, { workbenchId, taskId }: ProbedTask, expiresAt: string): string {
  return createHmac('sha256', key)
    .update(`${PURPOSE}\n${workbenchId}\n${taskId}\n${expiresAt}`)
    .digest('base64url');
}

/**
 * `POST` asks the gate whether it reaches the task of the bearer token (adapters/probe-token.ts). The response is
 * `{"task_id":"…","reachable":true}`, or `{"task_id":"…","reachable":false,"detail":"…"}`.
 */
export const PROBE_PATH = '/.wb/reachable';
