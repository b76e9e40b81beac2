import type { MiddlewareObj } from '@middy/core';
import { workbenchNotFound } from '#core/errors.ts';
import { isWorkbenchId } from '../identifiers.ts';
import type { ApiEvent } from './gateway.ts';

export interface WithWorkbenchId {
  workbenchId: string;
}

/** The id in the path. One that cannot be a workbench's is answered like one that is not there. */
export function workbenchId(): MiddlewareObj<ApiEvent & WithWorkbenchId> {
  return {
    before: ({ event }) => {
      const wid = event.pathParameters?.wid ?? '';
      if (!isWorkbenchId(wid)) throw workbenchNotFound();
      event.workbenchId = wid;
    },
  };
}
