import { describe, expect, test } from 'vitest';
import { isOwnPath, type OwnRoute, type OwnRouteRequest, OwnRoutes } from '#gate/own-route.ts';

const OWN = 'https://wb.example';
const FRONTEND = 'https://app.example';
const FOREIGN = 'https://else.example';

function route(
  method: OwnRoute['method'],
  path: OwnRoute['path'],
  on: OwnRoute['on'],
  from: OwnRoute['from'],
): OwnRoute {
  return { method, path, on, from, handle: async () => {} };
}

const HEALTH = route('GET', '/.wb/health', 'unchecked', 'any');
const LOGIN = route('GET', '/.wb/login', 'sign_in_host', 'own');
const ENTER = route('GET', '/.wb/enter', 'workbench_host', 'any');
const ENTER_FORM = route('POST', '/.wb/enter', 'workbench_host', 'frontend');
const LOGOUT = route('POST', '/.wb/logout', 'any', 'own');
const routes = new OwnRoutes([HEALTH, LOGIN, ENTER, ENTER_FORM, LOGOUT], [FRONTEND]);

function find(line: string, host: OwnRouteRequest['host'], source: Partial<OwnRouteRequest['source']> = {}) {
  const [method = '', target = ''] = line.split(' ');
  return routes.find({
    source: { method, webSocket: false, origins: [], ...source },
    target,
    host,
    ownOrigins: [OWN],
  });
}

describe('a path of the gate', () => {
  test.each([
    ['/.wb/health', true],
    ['/.wb/', true],
    ['/.wb/x?y', true],
    ['/.wb', false],
    ['/.wbx/', false],
    ['/.WB/health', false],
    ['//.wb/health', false],
    ['/%2ewb/health', false],
    ['/x/.wb/health', false],
  ])('%s: %s', (target, expected) => {
    expect(isOwnPath(target)).toBe(expected);
  });

  test.each([
    ['GET /.wb/health', 'sign_in_host', HEALTH],
    ['HEAD /.wb/health', 'workbench_host', HEALTH],
    ['GET /.wb/health', 'other_host', HEALTH],
    ['GET /.wb/login?rd=/.wb/health', 'sign_in_host', LOGIN],
    ['GET /.wb/enter?t=x', 'workbench_host', ENTER],
    ['POST /.wb/enter', 'workbench_host', ENTER_FORM],
    ['POST /.wb/logout', 'workbench_host', LOGOUT],
    ['POST /.wb/logout', 'sign_in_host', LOGOUT],
  ] as const)('%s on %s is found', (line, host, expected) => {
    expect(find(line, host)).toEqual({ kind: 'route', route: expected });
  });

  test.each([
    ['GET /.wb/login', 'workbench_host'],
    ['GET /.wb/login', 'other_host'],
    ['GET /.wb/enter', 'sign_in_host'],
    ['POST /.wb/logout', 'other_host'],
    ['GET /.wb/', 'sign_in_host'],
    ['GET /.wb/health/', 'sign_in_host'],
    ['GET /.wb/health/../login', 'sign_in_host'],
    ['GET /.wb/nothing?/.wb/health', 'sign_in_host'],
    ['GET /.wb/health%3F', 'sign_in_host'],
    ['GET /.wb/health;x', 'sign_in_host'],
  ] as const)('%s on %s does not exist', (line, host) => {
    expect(find(line, host)).toEqual({ kind: 'unknown' });
  });

  test('has its own methods, and is no WebSocket', () => {
    const wrong = { kind: 'wrong_method', allow: 'GET, HEAD, POST' };
    expect(find('DELETE /.wb/enter', 'workbench_host')).toEqual(wrong);
    expect(find('GET /.wb/enter', 'workbench_host', { webSocket: true })).toEqual(wrong);
    expect(find('GET /.wb/logout', 'sign_in_host')).toEqual({ kind: 'wrong_method', allow: 'POST' });
  });

  test.each([
    ['POST /.wb/logout', OWN, 'route'],
    ['POST /.wb/logout', FRONTEND, 'foreign_origin'],
    ['POST /.wb/logout', FOREIGN, 'foreign_origin'],
    ['POST /.wb/logout', 'null', 'foreign_origin'],
    ['POST /.wb/enter', OWN, 'route'],
    ['POST /.wb/enter', FRONTEND, 'route'],
    ['POST /.wb/enter', FOREIGN, 'foreign_origin'],
    ['GET /.wb/enter', FOREIGN, 'route'],
  ])('%s of a page of %s: %s', (line, origin, kind) => {
    expect(find(line, 'workbench_host', { origins: [origin] }).kind).toBe(kind);
  });

  test('is reached by links from other sites, but by no form without an origin', () => {
    expect(find('GET /.wb/login', 'sign_in_host', { secFetchSite: 'cross-site' }).kind).toBe('route');
    expect(find('POST /.wb/logout', 'sign_in_host', { secFetchSite: 'same-site' }).kind).toBe(
      'foreign_origin',
    );
  });

  test('is known to the pages that lead to it', () => {
    expect([routes.has('/.wb/logout'), routes.has('/.wb/start')]).toEqual([true, false]);
  });
});
