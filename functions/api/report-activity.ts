import type * as z from 'zod/mini';
import { activityBodySchema } from '#contract/request-bodies.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import { reportActivity } from '#core/workbench/report-activity.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { findRunCaller, type RunPorts, toRunApiHandler } from '../middleware/run-handler.ts';

type Body = z.infer<ReturnType<typeof activityBodySchema>>;

const STORED: EndpointResult = { status: 204, body: undefined };

/**
 * POST /workbenches/{wid}/activity: the reads that find the right to do it, and one UpdateItem call beside the record. Programs of the
 * run send its token, all others the token of a user.
 */
export function buildReportActivity(
  ports: WorkbenchApiPorts & RunPorts & { readonly activity: Pick<ActivityStore, 'report'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = { body: jsonBodyOf(activityBodySchema()) };
  const store = async (workbench: Workbench, body: Body) => {
    const { last_activity: last, kinds = ['ide'], keepalive_until: until, reason } = body;
    const at = last === undefined ? undefined : Date.parse(last);
    await reportActivity(ports, workbench, {
      ...(at === undefined ? {} : Object.fromEntries(kinds.map((kind) => [kind, at]))),
      ...(until === undefined ? {} : { keepaliveUntil: Date.parse(until) }),
      ...(reason === undefined ? {} : { keepaliveReason: reason }),
    });
    return STORED;
  };
  const forUsers = toWorkbenchApiHandler('reportActivity', ports, settings, parsers, ({ workbench, body }) =>
    store(workbench, body),
  );
  const forRuns = toRunApiHandler(ports, settings, parsers, ({ workbench, body }) => store(workbench, body));
  return (event, context) => (hasRunToken(event, ports, settings) ? forRuns : forUsers)(event, context);
}

/** Also true for one that is not valid, which `toRunApiHandler` refuses. */
function hasRunToken(...request: Parameters<typeof findRunCaller>): boolean {
  try {
    return findRunCaller(...request) !== undefined;
  } catch {
    return true;
  }
}
