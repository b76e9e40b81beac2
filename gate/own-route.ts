import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Visitor } from '#core/gate/visitor.ts';

/** Every path below it belongs to the gate, on every host. It never reaches a workbench. */
export const OWN_PATH_PREFIX = '/.wb/';

/** The page that says who is signed in. It exists only with sessions. */
export const ACCOUNT_PATH = '/.wb/account';

/** The page that explains why workbenches stop, and how to keep them. */
export const IDLE_STOP_PATH = '/.wb/idle-stop';

/** A request to the gate itself. The Host header, the path and the origin of the page have been checked. */
export interface OwnRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The public URL of the request. */
  readonly url: URL;
  /** The workbench whose host, or in prefix mode whose path, was asked; undefined on the sign-in host. */
  readonly workbenchId?: string;
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own and on the sign-in host. */
  readonly prefix: string;
  /** `none` for a route from `any`: the request may be that of a foreign page. */
  readonly visitor: Visitor;
}

/** A path of the gate itself. */
export interface OwnRoute {
  /** A GET route also responds to HEAD. */
  readonly method: 'GET' | 'POST';
  /** Begins with OWN_PATH_PREFIX. Compared as a whole. */
  readonly path: `/.wb/${string}`;
  /**
   * On which hosts it exists. `any`: on both. `unchecked`: also for a Host header that names neither, such as the address of a
   * task that the health check of a load balancer sends.
   */
  readonly on: 'sign_in_host' | 'workbench_host' | 'any' | 'unchecked';
  /**
   * Whose pages may send it: `own` (the page's origin is the host's own), `frontend` (also the origins of
   * RESTAPI_CORS_ORIGIN), `any` (checked by the handler: no cookie is trusted). Links and redirects from other pages
   * reach a GET route in each case.
   */
  readonly from: 'own' | 'frontend' | 'any';
  /** Whether a request is a use of the session, which extends it. @default true */
  readonly renewsSession?: boolean;
  /** Responds. An exception becomes a 503 and is logged. */
  handle(request: OwnRequest): Promise<void>;
}
