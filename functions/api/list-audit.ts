import type { AuditItem } from '#contract/audit-response.ts';
import { isUserId } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { AUDIT_ACTIONS, type AuditAction, type AuditEvent } from '#core/audit/audit-event.ts';
import { invalidRequest } from '#core/errors.ts';
import { type AuditPosition, type AuditQuery, type AuditStore, DAY_MS } from '#core/ports/audit-store.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseLimit } from '../middleware/parse-request.ts';
import { parseQuery, type Query } from '../middleware/query.ts';
import { toIsoTime } from './present-workbench.ts';

/** The clock of the function that wrote an event may be ahead of this one by this time, milliseconds. */
const CLOCK_DIFFERENCE_MS = 60_000;

/** GET /audit */
export function buildListAudit(
  ports: ApiPorts & { readonly audit: Pick<AuditStore, 'append' | 'list'> },
  settings: ApiSettings & SettingsFor<'WB_AUDIT_DAYS'>,
): ApiHandler {
  return toAdminApiHandler(ports, settings, async ({ event }) => {
    const query = parseAuditQuery(
      parseQuery(event.rawQueryString),
      ports.clock.now(),
      settings.WB_AUDIT_DAYS * DAY_MS,
    );
    const { events, next } = await ports.audit.list(query);
    return {
      status: 200,
      body: {
        success: true,
        items: events.map(presentEvent),
        ...(next === undefined ? {} : { next_cursor: encodePosition(next) }),
      },
    };
  });
}

/** @throws WorkbenchError `invalid_request` with every invalid parameter */
function parseAuditQuery(query: Query, now: number, retentionMs: number): AuditQuery {
  const invalid: Record<string, string> = { ...query.invalid };
  const read = <T>(name: string, parse: (text: string) => T | undefined, expected: string): T | undefined => {
    const parameter = query.parameter(name);
    if ('invalid' in parameter) Object.assign(invalid, parameter.invalid);
    else if (parameter.value !== undefined) {
      const value = parse(parameter.value);
      if (value === undefined) invalid[name] = expected;
      return value;
    }
    return undefined;
  };
  const passing = (isValid: (text: string) => boolean) => (text: string) =>
    isValid(text) ? text : undefined;
  const userId = read('user_id', passing(isUserId), 'the id of a user');
  const workbenchId = read('workbench_id', passing(isWorkbenchId), 'the id of a workbench');
  const action = read('action', parseAction, `one of ${KNOWN_ACTIONS.join(', ')}`);
  const from = read('from', parseTime, TIME_EXPECTED);
  const to = read('to', parseTime, TIME_EXPECTED);
  const after = read('cursor', decodePosition, 'the next_cursor of an earlier page');
  const limit = parseLimit(query);
  if ('invalid' in limit) Object.assign(invalid, limit.invalid);
  if (Object.keys(invalid).length > 0 || 'invalid' in limit) throw invalidRequest(invalid);
  return {
    // Expired events may still be stored, but they are not shown, and days before them need not be read.
    from: Math.max(from ?? 0, now - retentionMs),
    to: Math.min(to ?? Number.POSITIVE_INFINITY, now + CLOCK_DIFFERENCE_MS),
    userId,
    workbenchId,
    action,
    after,
    limit: limit.value,
  };
}

const KNOWN_ACTIONS = AUDIT_ACTIONS.filter((action) => action !== 'unknown');

function parseAction(text: string): AuditAction | undefined {
  return KNOWN_ACTIONS.find((action) => action === text);
}

const TIME_EXPECTED = 'a time such as 2030-01-31T09:00:00Z';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

function parseTime(text: string): number | undefined {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** A cursor needs no signature: an administrator may read every event. */
function encodePosition({ at, id }: AuditPosition): string {
  return Buffer.from(`${at} ${id}`, 'latin1').toString('base64url');
}

function decodePosition(cursor: string): AuditPosition | undefined {
  const match = /^(\d{1,13}) ([0-9a-z]{0,26})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  return match === null ? undefined : { at: Number(match[1]), id: match[2] ?? '' };
}

/** Names each field: an event may have further ones that a newer version wrote. */
function presentEvent(event: AuditEvent): AuditItem {
  const { onBehalfOf, workbenchId, ownerId, subject, reason, requestId, detail } = event;
  return {
    id: event.id,
    at: toIsoTime(event.at),
    action: event.action,
    outcome: event.outcome,
    actor: presentParty(event.actor),
    ...(onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf }),
    ...(workbenchId === undefined ? {} : { workbench_id: workbenchId }),
    ...(ownerId === undefined ? {} : { owner_id: ownerId }),
    ...(subject === undefined ? {} : { subject: presentParty(subject) }),
    ...(reason === undefined ? {} : { reason }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function presentParty<K extends string>({
  kind,
  id,
}: {
  readonly kind: K;
  readonly id?: string | undefined;
}) {
  return { kind, ...(id === undefined ? {} : { id }) };
}
