import type { ActingRole } from '../access/rights.ts';
import type { Share } from '../ports/share-store.ts';
import type { Workbench } from '../workbench/workbench.ts';
import type { RequestSource } from './request-origin.ts';

/** What the gate knows of a request for a workbench. */
export interface GateRequest extends RequestSource {
  /** The workbench that the host or the path names. */
  readonly workbenchId: string;
  /** The origins of the pages at the address of the workbench, in lower case and without a default port. */
  readonly ownOrigins: readonly string[];
  /** Whether pages of other origins may show the workbench in a frame. */
  readonly mayBeFramed: boolean;
}

/** The record of a workbench as the gate read it: undefined if there is none, `unreadable` if it could not be read. */
export type FoundRecord = Workbench | undefined | 'unreadable';

/** The shares of a workbench that count, with the ids of groups in the place of their names. */
export type FoundShares = readonly Share[] | 'unreadable';

/**
 * What the gate does with a request for a workbench.
 *
 * | kind | response to a navigation | response to any other request |
 * |---|---|---|
 * | `forward` | that of the workbench | that of the workbench |
 * | `sign_in` | 302 to the sign-in host | 401 JSON |
 * | `foreign_origin` | 403 page | 403 JSON |
 * | `unknown` | 404 page; the same bytes for a workbench at which the visitor has no role | 404 JSON |
 * | `not_running` | 503 page | 503 JSON with Retry-After |
 * | `unreadable` | 503 page | 503 JSON with Retry-After |
 */
export type GateDecision =
  | ForwardDecision
  | { readonly kind: 'sign_in' }
  | { readonly kind: 'foreign_origin' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_running'; readonly workbench: Workbench; readonly role: ActingRole }
  | { readonly kind: 'unreadable' };

export interface ForwardDecision {
  readonly kind: 'forward';
  readonly workbenchId: string;
  readonly runId: string;
  /** The endpoint of the run. */
  readonly endpoint: string;
  /** The role of the visitor at the workbench. */
  readonly role: ActingRole;
  /** Absent for an `open` visitor. */
  readonly userId?: string;
}
