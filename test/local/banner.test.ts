import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { SignInMethod } from '#gate/sign-in/sign-in-method.ts';
import { banner } from '#local/banner.ts';

const options = { version: '1.2.3', dataDir: '/home/ada/.workbench', exposed: false };
const open = {
  consoleUrl: undefined,
  api: { url: 'http://127.0.0.1:8999/api', authorized: false },
  workbenchUrl: 'http://127.0.0.1:4000/project/<workbench_id>/',
  summary: [['They run', 'a small built-in page']],
  token: undefined,
  signIn: undefined,
} as const;

const ISSUER: SignInMethod = {
  kind: 'issuer',
  issuer: 'https://login.example.org/realms/a',
  clientId: 'gate',
  clientSecret: 'not-printed',
  scopes: ['openid'],
  claims: { userClaim: 'sub', adminClaim: 'scope', adminScope: 'admin' },
};

describe('banner', () => {
  test('prints the addresses and the data folder', () => {
    const text = banner(open, options);
    for (const part of [
      'Workbench Controller 1.2.3',
      'http://127.0.0.1:8999/api',
      'http://127.0.0.1:4000/project/<workbench_id>/',
      '/home/ada/.workbench',
      'a small built-in page',
      'off: no key is set, and only this computer can connect',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('prints the address of the console first, if there is one', () => {
    const text = banner({ ...open, consoleUrl: 'http://127.0.0.1:8999/' }, options);
    expect(text.match(/http\S+/)?.[0]).toBe('http://127.0.0.1:8999/');
    expect(text).toContain('  Console        http://127.0.0.1:8999/   open it in a browser\n');
    expect(banner(open, options)).not.toContain('Console');
  });

  test('says which browsers resolve the host names of workbenches', () => {
    const text = banner({ ...open, workbenchUrl: 'http://<workbench_id>.localhost:4000/' }, options);
    expect(text).toContain('  Workbenches    http://<workbench_id>.localhost:4000/\n');
    expect(text).toContain('in Chromium, Edge, Firefox and curl. Safari');
    const named = banner({ ...open, workbenchUrl: 'https://<workbench_id>.wb.example.org/' }, options);
    expect(named).not.toContain('Firefox');
    expect(banner(open, options)).not.toContain('Firefox');
  });

  test('says that workbenches are open without a sign-in, even if the API has a key', () => {
    const text = banner({ ...open, api: { ...open.api, authorized: true } }, options);
    expect(text).toContain(
      '  Sign-in        none: everybody who reaches this port can open workbenches (WB_LOCAL_TOKEN=auto asks for a secret)\n',
    );
  });

  test('says how browsers sign in, without the secret of the client', () => {
    const secret = banner({ ...open, signIn: { kind: 'secret', secret: 'not-printed' } }, options);
    expect(secret).toContain('  Sign-in        the browser asks for this secret\n');
    const issuer = banner({ ...open, signIn: ISSUER }, options);
    expect(issuer).toContain('  Sign-in        at the issuer https://login.example.org/realms/a\n');
    for (const text of [secret, issuer]) expect(text).not.toContain('not-printed');
  });

  test('names the public_endpoint for programs only without a sign-in, which refuses them there', () => {
    const workbenchUrl = 'http://<workbench_id>.localhost:4000/';
    const advice = 'or programs use the public_endpoint';
    expect(banner({ ...open, workbenchUrl }, options)).toContain(advice);
    expect(banner({ ...open, workbenchUrl, signIn: ISSUER }, options)).not.toContain(advice);
  });

  test('prints a curl command for each step that a shell parses correctly', () => {
    const text = banner(open, options).replaceAll('\\\n', '');
    const steps = ['create', 'poll', 'stop', 'start', 'delete'];
    const calls = steps.map((step) => {
      const line = new RegExp(`^  ${step} +curl (.*)$`, 'm').exec(text)?.[1] ?? '';
      const script = `WID=7; set -- ${line}; for word; do echo "$word"; done`;
      return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n').join(' ');
    });
    const url = 'http://127.0.0.1:8999/api/workbenches';
    expect(calls).toEqual([
      `-X POST ${url}?user_id=me -H Content-Type: application/json -d {"workbench_name": "First"}`,
      `${url}/7?user_id=me`,
      `-X POST ${url}/7/stop?user_id=me`,
      `-X POST ${url}/7/start?user_id=me`,
      `-X DELETE ${url}/7?user_id=me`,
    ]);
  });

  test('adds the token variable to the commands when the API needs a token', () => {
    const text = banner({ ...open, api: { ...open.api, authorized: true } }, options);
    expect(text).toContain('on: requests need a bearer token');
    expect(text.match(/-H "Authorization: Bearer \$TOKEN"/g)?.length).toBe(5);
  });

  test.each(['a-token_of-24-characters', "a'token$(of) `characters`"])(
    'prints the token %s for a shell',
    (token) => {
      const text = banner({ ...open, token, api: { ...open.api, authorized: true } }, options);
      expect(text).toContain(`  Secret         ${token}\n`);
      const line = /^ {2}TOKEN=.*$/m.exec(text)?.[0];
      const printed = execFileSync('sh', ['-c', `${line}; printf %s "$TOKEN"`], { encoding: 'utf8' });
      expect(printed).toBe(token);
    },
  );

  test('warns when other computers can connect', () => {
    expect(banner(open, { ...options, exposed: true })).toContain('other computers can connect');
  });
});
