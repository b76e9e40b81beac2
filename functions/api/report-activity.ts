import { activityBodySchema } from '#contract/request-bodies.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import { reportActivity } from '#core/workbench/report-activity.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { ACTION_ACCEPTED } from './action-handler.ts';

/** POST /workbenches/{wid}/activity: the reads that find the right to do it, and one UpdateItem call beside the record. */
export function build(
  ports: WorkbenchApiPorts & { readonly activity: Pick<ActivityStore, 'report'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  const parsers = { body: jsonBodyOf(activityBodySchema()) };
  return toWorkbenchApiHandler('reportActivity', ports, settings, parsers, async ({ workbench, body }) => {
    const { last_activity: last, kinds = ['ide'], keepalive_until: until } = body;
    const at = last === undefined ? undefined : Date.parse(last);
    await reportActivity(ports, workbench, {
      ...(at === undefined ? {} : Object.fromEntries(kinds.map((kind) => [kind, at]))),
      ...(until === undefined ? {} : { keepaliveUntil: Date.parse(until) }),
    });
    return ACTION_ACCEPTED;
  });
}
