import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { confineResponse, confineUrl } from '#gate/forward/workbench-scope.ts';

const SCOPE = {
  prefix: '/project/a1',
  hosts: new Set(['wb.example.org', '127.0.0.1:9001', 'localhost:20001']),
};

const confined = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  confineResponse(headers, SCOPE);
  return headers;
};

describe('a URL of a workbench', () => {
  test.each([
    ['/', '/project/a1/'],
    ['/login?next=%2F', '/project/a1/login?next=%2F'],
    ['/project/a1', '/project/a1'],
    ['/project/a1?a', '/project/a1?a'],
    ['/project/a1#top', '/project/a1#top'],
    ['/project/a1/lab', '/project/a1/lab'],
    ['/project/a12/lab', '/project/a1/project/a12/lab'],
    ['/../x', '/project/a1/x'],
    ['/project/a1/../b2/x?/..', '/project/a1/project/b2/x?/..'],
    ['/project/a1/%2E./b2', '/project/a1/project/b2'],
    ['/project/a1/.\t./b2', '/project/a1/project/b2'],
    ['/project/a1\\..\\b2', '/project/a1/project/b2'],
    ['/a.b/..c/ü?x=../', '/project/a1/a.b/..c/ü?x=../'],
    ['http://wb.example.org/x?y#z', '/project/a1/x?y#z'],
    ['https://WB.example.org/project/a1/x', '/project/a1/x'],
    ['HTTP://localhost:20001', '/project/a1/'],
    ['//127.0.0.1:9001/x', '/project/a1/x'],
  ])('%s becomes %s', (url, expected) => {
    expect(confineUrl(url, SCOPE)).toBe(expected);
  });

  test.each([
    'tree',
    '../x',
    '?page=2',
    '',
    'https://issuer.example/authorize?redirect_uri=/x',
    '//cdn.example/x.js',
    '/\\evil.example',
    'http://wb.example.org:8080/x',
    'http://',
    'mailto:ada@example.org',
  ])('%s is not changed, because it is relative or of another host', (url) => {
    expect(confineUrl(url, SCOPE)).toBe(url);
  });
});

describe('a URL of a workbench on a host of its own', () => {
  test.each([
    ['/lab', '/lab'],
    ['http://wb.example.org/lab?x', '/lab?x'],
    ['http://wb.example.org//evil.example/x', '/.//evil.example/x'],
    ['/a/..//evil.example/x', '/.//evil.example/x'],
    ['/a\\..\\\\evil.example/x', '/.//evil.example/x'],
    ['https://other.example/x', 'https://other.example/x'],
  ])('%s becomes %s, and never one of another host', (url, expected) => {
    const result = confineUrl(url, { ...SCOPE, prefix: '' });
    expect(result).toBe(expected);
    const [before, after] = [url, result].map((text) => new URL(text, 'http://wb.example.org').host);
    expect(after).toBe(before);
  });
});

describe('the response of a workbench', () => {
  test('redirects within the workbench', () => {
    expect(confined({ location: '/lab', 'content-location': '/x', refresh: "0; url='/login'" })).toEqual({
      location: '/project/a1/lab',
      'content-location': '/project/a1/x',
      refresh: "0; url='/project/a1/login'",
    });
    expect(confined({ refresh: '5' })).toEqual({ refresh: '5' });
    expect(confined({ refresh: '1.5;/next' })).toEqual({ refresh: '1.5;/project/a1/next' });
  });

  test.each([
    ['s=1; Path=/', 's=1; Path=/project/a1/'],
    ['s=1; path = /lab ; HttpOnly', 's=1; Path=/project/a1/lab; HttpOnly'],
    ['s=1; Path=/project/a1/lab', 's=1; Path=/project/a1/lab'],
    ['s=1; Path=/project/a1b', 's=1; Path=/project/a1/project/a1b'],
    ['s=1; Path=/x; Path=/', 's=1; Path=/project/a1/x; Path=/project/a1/'],
    ['s=a=b; Domain=example.org; Secure; Path=/', 's=a=b; Secure; Path=/project/a1/'],
    ['s=1', 's=1'],
    ['s=1; Path=; Max-Age=5', 's=1; Path=; Max-Age=5'],
  ])('sets the cookie `%s` as `%s`', (cookie, expected) => {
    expect(confined({ 'set-cookie': [cookie, cookie] })).toEqual({ 'set-cookie': [expected, expected] });
  });

  test.each([
    ['/', '/project/a1/'],
    ['/project/a1/', '/project/a1/'],
    ['/project/b2/', '/project/a1/project/b2/'],
    ['http://wb.example.org/', '/project/a1/'],
    ['/project/a1/..', '/project/a1/project/'],
  ])('allows a service worker for `%s` only as `%s`', (scope, expected) => {
    expect(confined({ 'service-worker-allowed': scope })).toEqual({ 'service-worker-allowed': expected });
  });

  test.each(['../', 'https://other.example/', ''])(
    'allows no service worker for `%s`, whose scope depends on the page',
    (scope) => {
      expect(confined({ 'service-worker-allowed': scope })).toEqual({});
    },
  );

  test('cannot delete the cookies and the storage of other workbenches', () => {
    expect(confined({ 'clear-site-data': '"*"', etag: '1' })).toEqual({ etag: '1' });
  });
});
