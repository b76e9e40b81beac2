import { describe, expect, test } from 'vitest';
import { RouteTable } from '#local/gateway/route-match.ts';

const routes = [
  '/things/{id}',
  '/things/mine',
  '/things',
  '/things/{id}/start',
  '/files/{path+}',
  '/files/new',
].map((path) => ({ method: 'GET', path }));
const table = new RouteTable([...routes, { method: 'POST', path: '/things' }]);

describe('RouteTable', () => {
  test.each<[path: string, route: string, parameters: Record<string, string>]>([
    ['/things', '/things', {}],
    ['/things/7', '/things/{id}', { id: '7' }],
    ['/things/mine', '/things/mine', {}],
    ['/things/m%69ne', '/things/mine', {}],
    ['/things/a%2Fb', '/things/{id}', { id: 'a/b' }],
    ['/things/a%20b%C3%A9', '/things/{id}', { id: 'a bé' }],
    ['/things/__proto__', '/things/{id}', { id: '__proto__' }],
    ['/things/7/start', '/things/{id}/start', { id: '7' }],
    ['/things/mine/start', '/things/{id}/start', { id: 'mine' }],
    ['/files/new', '/files/new', {}],
    ['/files/a/b%2Fc/d', '/files/{path+}', { path: 'a/b/c/d' }],
  ])('takes %s by %s', (path, route, parameters) => {
    const match = table.match('GET', path);
    expect(match?.route.path).toBe(route);
    expect(match?.parameters).toEqual(parameters);
  });

  test.each([
    '/',
    '/thing',
    '/things/',
    '//things',
    '/things/7/',
    '/things//start',
    '/things/7/stop',
    '/things%2F7',
    '/files',
    '/THINGS',
  ])('knows no route for %s', (path) => {
    expect(table.match('GET', path)).toBeUndefined();
  });

  test('goes by the method as well', () => {
    expect(table.match('POST', '/things')?.route.method).toBe('POST');
    expect(table.match('DELETE', '/things')).toBeUndefined();
    expect(table.match('get', '/things')).toBeUndefined();
  });

  test('puts the prefix before every route', () => {
    const prefixed = new RouteTable(routes, '/api/v1');
    expect(prefixed.match('GET', '/api/v1/things/7')?.parameters).toEqual({ id: '7' });
    expect(prefixed.match('GET', '/things/7')).toBeUndefined();
  });

  test('throws on a segment that is not validly encoded', () => {
    expect(() => table.match('GET', '/things/%E0%A4%A')).toThrow(URIError);
  });
});
