import type * as z from 'zod/mini';
import { type RunIdentity, verifyRunToken } from '#adapters/run-token.ts';
import { activityBodySchema } from '#contract/request-bodies.ts';
import type { AccessPorts } from '#core/access/find-access.ts';
import { invalidRequest, WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import { findIndexedRecord } from '#core/workbench/find-record.ts';
import { reportActivity } from '#core/workbench/report-activity.ts';
import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import { findRunToken, parseRunContext } from '../authorizer/run-context.ts';
import {
  type ApiPorts,
  type ApiSettings,
  toApiHandler,
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult, GatewayEvent } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { type ParsedValues, type Parsers, parseWorkbenchId } from '../middleware/parse-request.ts';
import { parseQuery } from '../middleware/query.ts';
import { RequestAudit } from '../middleware/request-audit.ts';

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

export interface RunPorts {
  /** The keys of the tokens of runs, where no authorizer verifies them: in local mode without a key. */
  readonly runKeys?: readonly string[];
}

/**
 * The run whose token the request has; undefined for a request of a user. With an authorizer its context says so.
 * @throws WorkbenchError `forbidden` for a token of a run that is not valid
 */
function findRunCaller(
  event: GatewayEvent,
  { runKeys = [] }: RunPorts,
  settings: ApiSettings,
): RunIdentity | undefined {
  if (settings.RESTAPI_AUTH !== 'none') return parseRunContext(event.requestContext.authorizer?.lambda);
  const token = findRunToken(event.headers.authorization);
  if (token === undefined) return undefined;
  const caller = verifyRunToken(runKeys, token);
  if (caller === undefined) throw refused('invalid_run_token');
  return caller;
}

/**
 * An endpoint for the programs of a run. It is called only if the path names the workbench of the token, and its present run is that
 * of the token.
 */
function toRunApiHandler<P extends Parsers>(
  ports: ApiPorts & AccessPorts & RunPorts,
  settings: ApiSettings,
  parsers: P,
  endpoint: (request: ParsedValues<P> & { readonly workbench: Workbench }) => Promise<EndpointResult>,
): ApiHandler {
  return toApiHandler(ports, async (event, requestId) => {
    const audit = new RequestAudit(ports, event, requestId, { isOpen: false, isForUser: false });
    try {
      const caller = findRunCaller(event, ports, settings);
      if (caller === undefined) throw refused('not_authorized');
      const values = await parseAll(event, { workbenchId: parseWorkbenchId, ...parsers });
      if (values.workbenchId !== caller.workbenchId) throw refused('other_workbench');
      const workbench = await findIndexedRecord(ports.workbenches, caller.workbenchId);
      if (workbench === undefined) throw workbenchNotFound();
      if (runOf(workbench)?.runId !== caller.runId) throw refused('other_run');
      return await endpoint({ ...(values as ParsedValues<P>), workbench });
    } catch (error) {
      await audit.recordError(error);
      throw error;
    }
  });
}

async function parseAll(event: GatewayEvent, parsers: Parsers): Promise<Readonly<Record<string, unknown>>> {
  const query = parseQuery(event.rawQueryString);
  let invalid: Readonly<Record<string, string>> = query.invalid;
  const values: Record<string, unknown> = {};
  for (const [name, parser] of Object.entries(parsers)) {
    const parsed = await parser({ event, query, userId: undefined });
    if ('value' in parsed) values[name] = parsed.value;
    else invalid = { ...invalid, ...parsed.invalid };
  }
  if (Object.keys(invalid).length > 0) throw invalidRequest(invalid);
  return values;
}

function refused(reason: string): WorkbenchError {
  return new WorkbenchError('forbidden', 'The token is not that of the present run of this workbench.', {
    reason,
  });
}
