import { describe, expect, test } from 'vitest';
import { RouteTable } from '#local/gateway/route-match.ts';

const routes = [
  '/items/{id}',
  '/items/mine',
  '/items',
  '/items/{id}/start',
  '/files/{path+}',
  '/files/new',
].map((path) => ({ method: 'GET', path }));
const table = new RouteTable([...routes, { method: 'POST', path: '/items' }]);

describe('RouteTable', () => {
  test.each<[path: string, route: string, parameters: Record<string, string>]>([
    ['/items', '/items', {}],
    ['/items/7', '/items/{id}', { id: '7' }],
    ['/items/mine', '/items/mine', {}],
    ['/items/m%69ne', '/items/mine', {}],
    ['/items/a%2Fb', '/items/{id}', { id: 'a/b' }],
    ['/items/a%20b%C3%A9', '/items/{id}', { id: 'a bé' }],
    ['/items/__proto__', '/items/{id}', { id: '__proto__' }],
    ['/items/7/start', '/items/{id}/start', { id: '7' }],
    ['/items/mine/start', '/items/{id}/start', { id: 'mine' }],
    ['/files/new', '/files/new', {}],
    ['/files/a/b%2Fc/d', '/files/{path+}', { path: 'a/b/c/d' }],
  ])('matches %s to %s', (path, route, parameters) => {
    const match = table.match('GET', path);
    expect(match?.route.path).toBe(route);
    expect(match?.parameters).toEqual(parameters);
  });

  test.each([
    '/',
    '/item',
    '/items/',
    '//items',
    '/items/7/',
    '/items//start',
    '/items/7/stop',
    '/items%2F7',
    '/files',
    '/ITEMS',
  ])('finds no route for %s', (path) => {
    expect(table.match('GET', path)).toBeUndefined();
  });

  test('matches the method too', () => {
    expect(table.match('POST', '/items')?.route.method).toBe('POST');
    expect(table.match('DELETE', '/items')).toBeUndefined();
    expect(table.match('get', '/items')).toBeUndefined();
  });

  test('applies the prefix to all routes', () => {
    const prefixed = new RouteTable(routes, '/api/v1');
    expect(prefixed.match('GET', '/api/v1/items/7')?.parameters).toEqual({ id: '7' });
    expect(prefixed.match('GET', '/items/7')).toBeUndefined();
  });

  test('throws for a segment with an invalid encoding', () => {
    expect(() => table.match('GET', '/items/%E0%A4%A')).toThrow(URIError);
  });
});
