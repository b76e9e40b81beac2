import { describe, expect, it } from 'vitest';
import { httpStatusOf, ROUTE_ACTIONS } from '#contract/route.ts';
import { COMMON_ERRORS, ROUTES, type Route, USER_ROUTE_ERRORS } from '#contract/routes.ts';
import { ERROR_CODES } from '#core/errors.ts';

const routes: readonly Route[] = ROUTES;

describe('ROUTES', () => {
  it('has each method of a path and each operation once', () => {
    for (const values of [
      routes.map(({ method, path }) => `${method} ${path}`),
      routes.map(({ operationId }) => operationId),
    ]) {
      expect(new Set(values).size).toBe(routes.length);
    }
  });

  it('lists each variable of a path as a parameter', () => {
    for (const { path, parameters } of routes) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const listed = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(listed, path).toEqual(variables);
    }
  });

  it('requires authorization on every route except /health', () => {
    expect(routes.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual(['/health']);
  });

  it('names the right of each route of a workbench, and of no other', () => {
    // Their right is the offer itself, which is in the record.
    const byOffer = ['acceptOwner', 'withdrawOffer'];
    for (const { path, operationId, action } of routes) {
      const isOfWorkbench = path.includes('{wid}') && !byOffer.includes(operationId);
      expect(action !== undefined, operationId).toBe(isOfWorkbench);
    }
    expect(
      new Map(routes.flatMap(({ operationId, action }) => (action ? [[operationId, action]] : []))),
    ).toEqual(new Map(Object.entries(ROUTE_ACTIONS)));
  });

  it('uses every error code', () => {
    const used = new Set([...COMMON_ERRORS, ...USER_ROUTE_ERRORS, ...routes.flatMap(({ errors }) => errors)]);
    expect([...used].sort()).toEqual([...ERROR_CODES].sort());
    for (const code of used) expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
  });
});
