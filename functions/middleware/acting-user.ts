import type { MiddlewareObj } from '@middy/core';
import { resolveActingUser as actingUserOf, actorOf } from '#core/access/principal.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { isUserId, USER_ID_MAX_BYTES } from '../identifiers.ts';
import type { ApiEvent } from './gateway.ts';
import type { WithPrincipal } from './principal.ts';
import { readQuery } from './query.ts';

export interface WithUser {
  /** Whose workbenches. */
  userId: string;
  /** Who asks, for the history. */
  by: string;
}

const USER_ID_EXPECTED = `1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF`;

/** Decides for which user the request is, and whether the principal may act for them; on every request. */
export function actingUser(
  ports: { readonly clock: Clock },
  settings: SettingsFor<'RESTAPI_ADMIN_SCOPE'>,
): MiddlewareObj<ApiEvent & WithPrincipal & WithUser> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['user_id']);
      const requested = values.get('user_id');
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      if (requested !== undefined && !isUserId(requested)) event.invalidFields.set('user_id', USER_ID_EXPECTED);
      if (event.invalidFields.size > 0) return;
      const at = { now: ports.clock.now(), adminScope: settings.RESTAPI_ADMIN_SCOPE };
      try {
        event.userId = actingUserOf(event.principal, requested, at);
        event.by = actorOf(event.principal);
      } catch (error) {
        const fields =
          error instanceof WorkbenchError && error.code === 'invalid_request' ? error.fields : undefined;
        if (fields === undefined) throw error;
        // Told together with whatever else is wrong with the request.
        for (const [field, expected] of Object.entries(fields)) event.invalidFields.set(field, expected);
      }
    },
  };
}
