import type { MiddlewareObj } from '@middy/core';
import type { ApiEvent } from './gateway.ts';
import { readQuery } from './query.ts';

export interface WithForce {
  /** The caller asks for the last means. */
  forced: boolean;
}

/** `force` of a stop: `true` or `false`, false when left out. */
export function force(): MiddlewareObj<ApiEvent & WithForce> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['force']);
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      const value = values.get('force') ?? 'false';
      if (value !== 'true' && value !== 'false') event.invalidFields.set('force', '`true` or `false`');
      event.forced = value === 'true';
    },
  };
}
