import { describe, expect, it } from 'vitest';
import { findAuditedRoute } from '#contract/audited-routes.ts';
import { ROUTES } from '#contract/routes.ts';

describe('findAuditedRoute', () => {
  for (const { method, path, access } of ROUTES) {
    it(`knows ${method} ${path}, with and without a prefix`, () => {
      const route = findAuditedRoute(`${method} ${path}`);
      expect(route === undefined).toBe(access === 'public');
      expect(findAuditedRoute(`${method} /api/v1${path}`)).toEqual(route);
    });
  }

  it('has no two routes with the same action', () => {
    const actions = ROUTES.flatMap(({ method, path }) => findAuditedRoute(`${method} ${path}`)?.action ?? []);
    expect(new Set(actions).size).toBe(actions.length);
  });

  it('records every route that only reads as a read, and no other', () => {
    for (const { method, path } of ROUTES) {
      // The code of a link must not be in an address.
      const reads = method === 'GET' || path === '/share-links/preview';
      const kind = findAuditedRoute(`${method} ${path}`)?.kind;
      if (kind !== undefined) expect(kind === 'read', `${method} ${path}`).toBe(reads);
    }
  });

  it.each(['$default', 'GET', '', 'PUT /workbenches', 'GET /workbenches/{wid}/reports/reconcile', 'GET /x'])(
    'knows no other key (%s)',
    (key) => {
      expect(findAuditedRoute(key)).toBeUndefined();
    },
  );
});
