import type { Principal } from '../access/principal.ts';
import { truncateUtf8 } from '../workbench/truncate-utf8.ts';
import type { AuditAction, AuditActor } from './audit-event.ts';

/**
 * What a request of the API does, as far as the audit is concerned.
 * - `read`: changes nothing. Frontends poll; only refusals are recorded
 * - `report`: stores what a program has seen, each minute. Only refusals are recorded
 * - `act`: changes a workbench or a machine
 * - `opening`: admits a user to a workbench
 * - `rights`: changes who may do what. Its event is stored before it takes effect, or the request is refused
 */
export type AuditedKind = 'read' | 'report' | 'act' | 'opening' | 'rights';

export interface AuditedRoute {
  readonly action: AuditAction;
  readonly kind: AuditedKind;
}

/** Who made a request, and what is known of its workbench. */
export interface ActParties {
  readonly principal: Principal;
  /** The user in whose name the request was made; absent on routes of operators. */
  readonly actingUser?: string | undefined;
  /** The owner of the workbench, if the request has read its record. */
  readonly ownerId?: string | undefined;
}

/**
 * Whether an allowed request is recorded: every opening, every change of rights, and every act for another user, on the
 * workbench of another user, or as an operator.
 *
 * A server without authentication (`open`) knows no users: acts on it are not recorded, because every caller may act for all of them.
 */
export function isRecorded(kind: AuditedKind, { principal, actingUser, ownerId }: ActParties): boolean {
  if (kind === 'read' || kind === 'report') return false;
  if (kind !== 'act') return true;
  if (principal.kind === 'open') return false;
  if (actingUser === undefined || actsForOther(principal, actingUser)) return true;
  return ownerId !== undefined && ownerId !== actingUser;
}

/** Whether a caller acts in the name of another user: a program always does. */
export function actsForOther(principal: Principal, actingUser: string): boolean {
  return principal.kind !== 'token' || principal.subject !== actingUser;
}

/** The caller as events name it. Unlike the names in histories, a user and a program are never mixed up. */
export function auditActorOf(principal: Principal): AuditActor {
  switch (principal.kind) {
    case 'open':
      return { kind: 'local' };
    case 'static_key':
      return { kind: 'static_key' };
    case 'token': {
      const { subject, clientId } = principal;
      if (subject !== undefined) return { kind: 'user', id: subject };
      return clientId === undefined
        ? { kind: 'client' }
        : { kind: 'client', id: truncateUtf8(clientId, 128) };
    }
  }
}
