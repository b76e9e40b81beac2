import * as z from 'zod/mini';
import { openObjectWithFallbacks } from '../workbench/open-schema.ts';
import { truncateUtf8 } from '../workbench/truncate-utf8.ts';

/**
 * What an event is about. Part of the API. Reads occur only in refused events. `unknown` stands for an action that a newer
 * version wrote.
 */
export const AUDIT_ACTIONS = [
  'create_workbench',
  'update_workbench',
  'delete_workbench',
  'restore_workbench',
  'start_workbench',
  'stop_workbench',
  'restart_workbench',
  'extend_workbench',
  'report_activity',
  /** A ticket was created. */
  'open_workbench',
  /** The gate forwarded the first request of a session. */
  'enter_workbench',
  'set_share',
  'delete_share',
  'create_link',
  'delete_link',
  'redeem_link',
  'read_link',
  'offer_owner',
  'withdraw_owner_offer',
  'accept_owner',
  'change_owner',
  'drain_machine',
  'cancel_drain',
  'start_sweep',
  'set_quota',
  'end_sessions',
  'sign_in',
  'read_caller',
  'read_workbench',
  'list_workbenches',
  'read_history',
  'read_logs',
  'list_shares',
  'list_links',
  'read_reports',
  'list_machines',
  'list_providers',
  'read_usage',
  'read_start_times',
  'list_templates',
  'read_audit',
  'read_quota',
  'read_quota_scope',
  'unknown',
] as const;
export type AuditAction = Exclude<(typeof AUDIT_ACTIONS)[number], 'unknown'>;

/**
 * - `allowed`: the caller had the right. The act was carried out, or at least begun: a change of rights is recorded before
 *   it takes effect
 * - `refused`: the caller did not have the right
 * - `failed`: the caller had the right, but the request ended with an error
 */
export const AUDIT_OUTCOMES = ['allowed', 'refused', 'failed', 'unknown'] as const;
export type AuditOutcome = Exclude<(typeof AUDIT_OUTCOMES)[number], 'unknown'>;

/**
 * - `user`: a user with a token or a session; the id is the user_id
 * - `client`: a program with a token without a user; the id is its client id, if the token names it
 * - `static_key`: a program with the static key of the API
 * - `local`: a caller of a server of local mode without authentication
 * - `none`: a visitor who has not signed in
 */
export const ACTOR_KINDS = ['user', 'client', 'static_key', 'local', 'none', 'unknown'] as const;

/** What an act concerns besides a workbench. */
export const SUBJECT_KINDS = [
  'user',
  'group',
  'organisation',
  'link',
  'machine',
  'sweep',
  'unknown',
] as const;

/** The names of further values of an event. None of them may be a token, a key, a ticket or the secret of a link. */
export const DETAIL_NAMES = ['role', 'expires_at', 'uses', 'until', 'force', 'times', 'limits'] as const;
export type DetailName = (typeof DETAIL_NAMES)[number];

const PARTY_ID = z.optional(z.string());

export const auditEventSchema = openObjectWithFallbacks(
  {
    /** 26 characters, see `auditIdOf`. Two events with the same id and time are the same event. */
    id: z.string(),
    /** Milliseconds since 1970. */
    at: z.int(),
    action: z.enum(AUDIT_ACTIONS),
    outcome: z.enum(AUDIT_OUTCOMES),
    actor: openObjectWithFallbacks({ kind: z.enum(ACTOR_KINDS), id: PARTY_ID }, { kind: 'unknown' }),
    /** The user in whose name another one acted. Absent if the actor acted in their own name. */
    onBehalfOf: z.optional(z.string()),
    workbenchId: z.optional(z.string()),
    /** The owner of the workbench. Absent if the event was written before its record was read. */
    ownerId: z.optional(z.string()),
    subject: z.optional(
      openObjectWithFallbacks({ kind: z.enum(SUBJECT_KINDS), id: PARTY_ID }, { kind: 'unknown' }),
    ),
    /** Why it was refused or failed: a code. */
    reason: z.optional(z.string()),
    /** The id of the request, which the logs also contain. */
    requestId: z.optional(z.string()),
    detail: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  },
  { action: 'unknown', outcome: 'unknown' },
);

/** A record of an act, an opening or a refusal. At most AUDIT_EVENT_MAX_BYTES. */
export type AuditEvent = z.infer<typeof auditEventSchema>;
export type AuditActor = AuditEvent['actor'];
export type AuditSubject = NonNullable<AuditEvent['subject']>;

/** The largest event in its stored form, as JSON in UTF-8. */
export const AUDIT_EVENT_MAX_BYTES = 4_096;

/** The longest id of a user, client, group, machine or link, in bytes. */
const ID_MAX_BYTES = 128;
/** The longest reason, request id and text of a detail, in bytes. */
const TEXT_MAX_BYTES = 128;

export interface NewAuditEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  readonly actor: AuditActor;
  readonly onBehalfOf?: string | undefined;
  readonly workbenchId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly subject?: AuditSubject | undefined;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
  readonly detail?: Readonly<Partial<Record<DetailName, string | number | boolean | undefined>>> | undefined;
}

/**
 * Builds an event: bounds every text, and removes what has the form of a secret.
 * @param secrets the credentials of the request; a text that contains one of them is removed
 */
export function buildAuditEvent(event: NewAuditEvent, secrets: readonly string[] = []): AuditEvent {
  const text = (value: string, bytes = TEXT_MAX_BYTES) => boundText(removeSecrets(value, secrets), bytes);
  const party = <K extends string>({ kind, id }: { kind: K; id?: string | undefined }) => ({
    kind,
    ...(id === undefined ? {} : { id: text(id, ID_MAX_BYTES) }),
  });
  const { actor, onBehalfOf, workbenchId, ownerId, subject, reason, requestId } = event;
  const detail = DETAIL_NAMES.flatMap((name) => {
    const value = event.detail?.[name];
    if (value === undefined) return [];
    return [[name, typeof value === 'string' ? text(value) : value] as const];
  });
  return {
    id: event.id,
    at: event.at,
    action: event.action,
    outcome: event.outcome,
    actor: party(actor),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf: text(onBehalfOf, ID_MAX_BYTES) }),
    ...(workbenchId === undefined ? {} : { workbenchId: text(workbenchId) }),
    ...(ownerId === undefined ? {} : { ownerId: text(ownerId, ID_MAX_BYTES) }),
    ...(subject === undefined ? {} : { subject: party(subject) }),
    ...(reason === undefined ? {} : { reason: text(reason) }),
    ...(requestId === undefined ? {} : { requestId: text(requestId) }),
    ...(detail.length === 0 ? {} : { detail: Object.fromEntries(detail) }),
  };
}

/** What replaces a text that was removed. */
export const REMOVED = '[removed]';

/** A shorter text may occur in another one by chance. */
const SECRET_MIN_LENGTH = 8;

/** The header and the beginning of the payload of a JWT: both are JSON objects in base64url. */
const JWT = /eyJ[A-Za-z0-9_-]{5,}\.(?:eyJ)?[A-Za-z0-9_-]*/;
/** A header that a program sent in the wrong place. Longer than a name such as `bearer shares`. */
const BEARER = /\bbearer\s+[\x21-\x7e]{16}/i;

function removeSecrets(value: string, secrets: readonly string[]): string {
  if (JWT.test(value) || BEARER.test(value)) return REMOVED;
  return secrets.some((secret) => secret.length >= SECRET_MIN_LENGTH && value.includes(secret))
    ? REMOVED
    : value;
}

/** Lone surrogates have no form in UTF-8, and control characters would break the lines of a log. */
function boundText(value: string, bytes: number): string {
  return truncateUtf8(value.toWellFormed().replaceAll(/\p{Cc}/gu, ' '), bytes);
}

/** The users whom an event concerns: who acted, for whom, whose workbench it is, and whose rights change. */
export function usersOfEvent({ actor, onBehalfOf, ownerId, subject }: AuditEvent): readonly string[] {
  const users = [
    actor.kind === 'user' ? actor.id : undefined,
    onBehalfOf,
    ownerId,
    subject?.kind === 'user' ? subject.id : undefined,
  ];
  return [...new Set(users.filter((user) => user !== undefined))];
}
