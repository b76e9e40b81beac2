import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The token of a run, which its programs send to report activity: `wbrun.<workbench id>.<run id>.<HMAC>`. It is valid for one
 * route and one run, and has no expiry: the function compares its run with the record at each request. The same run always gets the
 * same token, because a repeated RunTask call must have the same parameters.
 */

/** The run that a token names. */
export interface RunIdentity {
  readonly workbenchId: string;
  readonly runId: string;
}

const PREFIX = 'wbrun.';
/** The bytes that are signed begin with it, so that a key of another use signs no token. */
const PURPOSE = 'workbench-activity/1';
/** Workbench ids and run ids are Crockford's base 32 in lower case (adapters/random-ids.ts). */
const TOKEN = /^wbrun\.([0-9a-z]{1,64})\.([0-9a-z]{1,64})\.([A-Za-z0-9_-]{43})$/;

/** Whether a bearer token is to be verified as that of a run, and as nothing else. */
export function isRunToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

export function runTokenOf(key: string, { workbenchId, runId }: RunIdentity): string {
  return `${PREFIX}${workbenchId}.${runId}.${macOf(key, workbenchId, runId)}`;
}

/** Returns the run of a token that was signed with one of the keys; undefined for any other. */
export function verifyRunToken(keys: readonly string[], token: string): RunIdentity | undefined {
  const [, workbenchId, runId, mac] = TOKEN.exec(token) ?? [];
  if (workbenchId === undefined || runId === undefined || mac === undefined) return undefined;
  const isSigned = keys.some((key) =>
    timingSafeEqual(Buffer.from(macOf(key, workbenchId, runId)), Buffer.from(mac)),
  );
  return isSigned ? { workbenchId, runId } : undefined;
}

function macOf(key: string, workbenchId: string, runId: string): string {
  return createHmac('sha256', key).update(`${PURPOSE}\n${workbenchId}\n${runId}`).digest('base64url');
}

/** Where the programs of a run report activity. */
export interface ActivityEndpoint {
  readonly url: string;
  /** The token of the run: see `runTokenOf`. */
  readonly token: string;
}

/**
 * The environment variables of a run that say so. Empty if the run cannot report.
 * @param cpuUnits the size of the run, of which its processors are busy. 1,024 units = 1 vCPU
 */
export function activityEnvironment(
  endpoint: ActivityEndpoint | undefined,
  cpuUnits: number,
): Record<string, string> {
  if (endpoint === undefined) return {};
  return {
    WB_ACTIVITY_URL: endpoint.url,
    WB_ACTIVITY_TOKEN: endpoint.token,
    WB_ACTIVITY_CPU_UNITS: String(cpuUnits),
  };
}
