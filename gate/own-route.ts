import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Visitor } from '#core/gate/visitor.ts';

/** Every path below it belongs to the gate, on every host. It never reaches a workbench. */
export const OWN_PATH_PREFIX = '/.wb/';

/** A request to the gate itself. The Host header, the path and the origin of unsafe methods have been checked. */
export interface OwnRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The public URL of the request. */
  readonly url: URL;
  /** The workbench whose host was asked; undefined on the sign-in host. */
  readonly workbenchId?: string;
  readonly visitor: Visitor;
}

/** A path of the gate itself. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST';
  /** Begins with OWN_PATH_PREFIX. Compared as a whole. */
  readonly path: `/.wb/${string}`;
  /** On which hosts it exists. `any`: on both. */
  readonly on: 'sign_in_host' | 'workbench_host' | 'any';
  /**
   * Whose pages may send it: `own` (the page's origin is the host's own), `frontend` (also the origins of
   * RESTAPI_CORS_ORIGIN), `any` (checked by the handler: no cookie is trusted).
   */
  readonly from: 'own' | 'frontend' | 'any';
  /** Responds. An exception becomes a 503 and is logged. */
  handle(request: OwnRequest): Promise<void>;
}
