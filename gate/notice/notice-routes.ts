import type { ServerResponse } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { isUsedSinceWarning, type StopNotice, stopNoticeOf } from '#core/gate/stop-notice.ts';
import type { Visitor } from '#core/gate/visitor.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { ReasonCode } from '#core/workbench/reasons.ts';
import type { Running } from '#core/workbench/workbench.ts';
import { decideOwnRequest } from '#gate/decide-own-request.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import { unknownPage, unreadablePage } from '#gate/pages/fault-pages.ts';
import type { PageRenderer } from '#gate/pages/page-renderer.ts';
import { respond } from '#gate/pages/responses.ts';
import { signInPage } from '#gate/pages/sign-in-pages.ts';
import type { WorkbenchRecords } from '#gate/workbench-records.ts';
import type { WorkbenchShares } from '#gate/workbench-shares.ts';
import { NOTICE_SCRIPT } from './notice-script.ts';
import { NOTICE_PATH, NOTICE_SCRIPT_PATH } from './notice-tag.ts';

export interface NoticeRoutesOptions {
  readonly records: Pick<WorkbenchRecords, 'find'>;
  readonly shares: Pick<WorkbenchShares, 'find'>;
  readonly activity: Pick<ActivityStore, 'readEvidence'>;
  /** The address of the console. Undefined: the notice has no link to it. */
  readonly consoleUrl: string | undefined;
  readonly pages: PageRenderer;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What the script shows. Without `kind` nothing. */
interface NoticeBody {
  /** The code of the reason that the stop will have, or `not_running`. */
  readonly kind?: string;
  /** Until the stop. */
  readonly seconds?: number;
  /** The texts before and after the time. */
  readonly before?: string;
  readonly after?: string;
  readonly extend_url?: string;
}

/** The script of the notice, and what it asks for: when the workbench stops, and why. */
export function noticeRoutes(options: NoticeRoutesOptions): readonly OwnRoute[] {
  return [
    {
      method: 'GET',
      path: NOTICE_SCRIPT_PATH,
      on: 'workbench_host',
      // It is the same for everybody.
      from: 'any',
      handle: async ({ response }) =>
        send(response, 'text/javascript; charset=utf-8', 'public, max-age=3600', NOTICE_SCRIPT),
    },
    {
      method: 'GET',
      path: NOTICE_PATH,
      on: 'workbench_host',
      from: 'own',
      // A tab that is open and unused asks, too.
      renewsSession: false,
      handle: (asked) => serveNotice(asked, options),
    },
  ];
}

async function serveNotice(asked: OwnRequest, options: NoticeRoutesOptions): Promise<void> {
  const { request, response, workbenchId, visitor } = asked;
  const { records, pages, clock } = options;
  if (workbenchId === undefined) return respond(request, response, unknownPage(), pages);
  const { decision, found } = await decideOwnRequest(
    { workbenchId, visitor },
    { ...options, find: (id) => records.find(id) },
  );
  switch (decision.kind) {
    case 'sign_in':
      return respond(request, response, signInPage(), pages);
    case 'unreadable':
      return respond(request, response, unreadablePage(), pages);
    case 'not_running':
      return sendNotice(response, {
        kind: 'not_running',
        before: 'This workbench is not running any more. Reload the page to see why.',
        after: '',
      });
    case 'forward': {
      if (typeof found !== 'object' || found.status !== 'running') break;
      const now = clock.now();
      const notice = stopNoticeOf(found, decision.role, now);
      if (notice === undefined || (await isPutOff(found, notice, options))) return sendNotice(response, {});
      return sendNotice(response, {
        kind: notice.code,
        seconds: Math.max(0, Math.round((notice.at - now) / 1000)),
        before: 'This workbench stops in ',
        after: ` ${describeStop(notice)}`,
        ...(options.consoleUrl !== undefined && notice.canExtend
          ? { extend_url: consoleScreenOf(options.consoleUrl, workbenchId, visitor, found.userId) }
          : {}),
      });
    }
  }
  return respond(request, response, unknownPage(), pages);
}

/** Whether the notice is no longer true. If that cannot be read, it is shown: the controller may stop the workbench. */
async function isPutOff(
  workbench: Running,
  { code }: StopNotice,
  { activity, telemetry }: NoticeRoutesOptions,
): Promise<boolean> {
  if (code !== 'idle') return false;
  const { workbenchId, run } = workbench;
  try {
    const read = () => activity.readEvidence(workbenchId, run.runId, 'eventual');
    return isUsedSinceWarning(workbench, await outsideRequest(read));
  } catch (error) {
    telemetry.error('the evidence of the use of a workbench cannot be read', { workbenchId }, error);
    return false;
  }
}

/**
 * Returns the address of a workbench in the console. Without a sign-in the console does not know whose workbench it is.
 * @param consoleUrl with or without a slash at its end
 */
function consoleScreenOf(consoleUrl: string, workbenchId: string, visitor: Visitor, owner: string): string {
  const query = visitor.kind === 'open' ? `?owner=${encodeURIComponent(owner)}` : '';
  return `${consoleUrl.replace(/\/$/, '')}/#/workbenches/${workbenchId}${query}`;
}

function sendNotice(response: ServerResponse, body: NoticeBody): void {
  send(response, 'application/json', 'no-store', JSON.stringify(body));
}

/** Node.js leaves the body out for HEAD. */
function send(response: ServerResponse, type: string, cacheControl: string, body: string): void {
  response
    .writeHead(200, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': cacheControl,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    .end(body);
}

/** Why the workbench stops, and what the visitor can do, behind `This workbench stops in 9 minutes`. */
const TEXTS: Readonly<Partial<Record<ReasonCode, string>>> = {
  max_life: 'because its run has lasted as long as it may. Save your work; you can start it again.',
  stop_at: 'because it was to be stopped at this time. Save your work.',
  machine_drained: 'because an operator empties its machine. Save your work.',
  spot_interrupted: 'because AWS takes its instance back. Save your work.',
};

export function describeStop({ code, canExtend }: StopNotice): string {
  if (code === 'idle')
    return `because it is not used. Use it${canExtend ? ' or extend it' : ''} to keep it running.`;
  if (code === 'schedule')
    return `because of its schedule. Save your work${canExtend ? ', or extend it' : ''}.`;
  return TEXTS[code] ?? 'as planned. Save your work.';
}
