import type { UserVisitor } from '#core/gate/visitor.ts';
import type { OpenRequest } from '#gate/open-requests.ts';
import { acceptedRun, ID, RUN_ID, running, T0 } from '#test/builders/workbench.ts';

const ORIGIN = `https://${ID}.wb.example`;

const ENDPOINT = 'http://10.0.0.7:20000/';

/** The record of ID with the run of the open requests. */
export const RUNNING = running({ run: acceptedRun({ endpoint: ENDPOINT }) });

/** The session of the owner of ID, for an hour. */
export const VISITOR: UserVisitor = {
  kind: 'user',
  userId: 'ada',
  admin: false,
  workbenchId: ID,
  signedInAt: T0,
  expiresAt: T0 + 3_600_000,
};

/** A GET request for `/`, or a WebSocket of the owner. */
export function anOpenRequest(
  change: Partial<Omit<OpenRequest, 'request' | 'forwarded'>> & {
    readonly workbenchId?: string;
    readonly request?: Partial<OpenRequest['request']>;
    readonly forwarded?: Partial<OpenRequest['forwarded']>;
  } = {},
): OpenRequest {
  const { workbenchId = ID, request, forwarded, ...others } = change;
  return {
    target: '/',
    visitor: VISITOR,
    close: () => {},
    ...others,
    request: {
      workbenchId,
      ownOrigins: [ORIGIN],
      mayBeFramed: false,
      method: 'GET',
      webSocket: false,
      origins: [ORIGIN],
      ...request,
    },
    forwarded: {
      kind: 'forward',
      workbenchId,
      runId: RUN_ID,
      endpoint: ENDPOINT,
      role: 'owner',
      userId: 'ada',
      ...forwarded,
    },
  };
}
