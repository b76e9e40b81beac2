import type { Workbench } from '../workbench/workbench.ts';

/** What the gate knows of a request. Header names are those of HTTP; repeated headers are kept apart. */
export interface GateRequest {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly webSocket: boolean;
  /** The only Host header, in lower case. */
  readonly host: string;
  /** The scheme of the public address. */
  readonly scheme: 'http' | 'https';
  readonly origins: readonly string[];
  readonly secFetchSite?: string;
  readonly secFetchMode?: string;
  readonly accept?: string;
}

/**
 * What the gate does with a request for a workbench.
 *
 * | kind | response to a navigation | response to any other request |
 * |---|---|---|
 * | `forward` | that of the workbench | that of the workbench |
 * | `sign_in` | 302 to the sign-in host | 401 JSON |
 * | `foreign_origin` | 403 page | 403 JSON |
 * | `unknown` | 404 page; the same bytes for a workbench of another user | 404 JSON |
 * | `not_running` | 503 page | 503 JSON with Retry-After |
 * | `unreadable` | 503 page | 503 JSON with Retry-After |
 */
export type GateDecision =
  | {
      readonly kind: 'forward';
      readonly workbenchId: string;
      readonly runId: string;
      /** The endpoint of the run. */
      readonly endpoint: string;
      /** Absent for an `open` visitor. */
      readonly userId?: string;
    }
  | { readonly kind: 'sign_in' }
  | { readonly kind: 'foreign_origin' }
  | { readonly kind: 'unknown' }
  /** @property mayStart whether the visitor may start and stop it */
  | { readonly kind: 'not_running'; readonly workbench: Workbench; readonly mayStart: boolean }
  | { readonly kind: 'unreadable' };
