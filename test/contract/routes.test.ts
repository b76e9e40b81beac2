import { describe, expect, it } from 'vitest';
import { COMMON_ERRORS, ROUTES, type Route, USER_ROUTE_ERRORS } from '#contract/routes.ts';
import { httpStatusOf } from '#contract/status-codes.ts';
import { ERROR_CODES } from '#core/errors.ts';

const routes: readonly Route[] = ROUTES;

describe('the route table', () => {
  it('has each method of a path, each operation and each function once', () => {
    for (const of of [
      routes.map(({ method, path }) => `${method} ${path}`),
      routes.map(({ operationId }) => operationId),
      routes.map((route) => route.function),
    ]) {
      expect(new Set(of).size).toBe(routes.length);
    }
  });

  it('names each variable of a path among the parameters', () => {
    for (const { path, parameters } of routes) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(named, path).toEqual(variables);
    }
  });

  it('leaves nothing but health open', () => {
    expect(routes.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual(['/health']);
  });

  it('has every error of the contract somewhere', () => {
    const named = new Set([
      ...COMMON_ERRORS,
      ...USER_ROUTE_ERRORS,
      ...routes.flatMap(({ errors }) => errors),
    ]);
    expect([...named].sort()).toEqual([...ERROR_CODES].sort());
    for (const code of named) expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
  });
});
