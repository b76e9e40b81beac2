import type { MiddlewareObj } from '@middy/core';
import type { Principal } from '#core/access/principal.ts';
import { WorkbenchError } from '#core/errors.ts';
import { parseAuthorizerContext } from '../authorizer/context.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { ApiEvent } from './gateway.ts';

export interface WithPrincipal {
  principal: Principal;
}

/**
 * Who is asking, as the authorizer said. Nobody is let in by its silence: without its word (a route deployed
 * without it, a context of another shape) the request is refused, unless the settings say `none` in words.
 */
export function principal(settings: SettingsFor<'RESTAPI_AUTH'>): MiddlewareObj<ApiEvent & WithPrincipal> {
  return {
    before: ({ event }) => {
      event.principal = settings.RESTAPI_AUTH === 'none' ? { kind: 'open' } : readAuthorizedPrincipal(event);
    },
  };
}

function readAuthorizedPrincipal(event: ApiEvent): Principal {
  const found = parseAuthorizerContext(event.requestContext.authorizer?.lambda);
  if (found === undefined || found.kind === 'open') {
    throw new WorkbenchError('forbidden', 'The request carries no authorization.', {
      reason: 'not_authorized',
    });
  }
  return found;
}
