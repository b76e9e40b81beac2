import type { MiddlewareObj } from '@middy/core';
import type { WithUser } from './acting-user.ts';
import { readCursor } from './cursor.ts';
import type { ApiEvent } from './gateway.ts';
import { readQuery } from './query.ts';

/** The most items in a page, and as many as there are in one by default. */
export const PAGE_MAX = 100;

export interface WithPage {
  page: { readonly limit: number; readonly after?: string };
}

/** `limit` and `cursor` of a list. */
export function page(): MiddlewareObj<ApiEvent & WithUser & WithPage> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['limit', 'cursor']);
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      const limit = values.get('limit') ?? String(PAGE_MAX);
      if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > PAGE_MAX) {
        event.invalidFields.set('limit', `a whole number from 1 to ${PAGE_MAX}`);
      }
      event.page = { limit: Number(limit) };
      const cursor = values.get('cursor');
      if (cursor === undefined || event.userId === undefined) return;
      const after = readCursor(event.userId, cursor);
      if (after === undefined) event.invalidFields.set('cursor', 'the next_cursor of an earlier page of this user');
      else event.page = { limit: Number(limit), after };
    },
  };
}
