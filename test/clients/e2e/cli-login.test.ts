import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { FakeIssuer } from '#test/gate/sign-in/fake-issuer.ts';
import { type Finished, start, wb } from './wb-process.ts';

const AUDIENCE = 'workbenches';
const KEY = 'the-key-of-a-backend-in-this-test';

/** A user without a sign-in, at a server with an issuer. */
interface Desk {
  readonly api: string;
  readonly issuer: FakeIssuer;
  readonly environment: Readonly<Record<string, string>>;
  /** Where `wb` keeps the sign-ins. */
  readonly folder: string;
}

let issuer: FakeIssuer;
let config: string;

beforeEach(async () => {
  issuer = await FakeIssuer.start();
  issuer.accessClaims = { sub: 'ann', aud: AUDIENCE };
  issuer.tokenFields = { expires_in: 120 };
  issuer.metadata = {
    device_authorization_endpoint: `${issuer.url}/device`,
    revocation_endpoint: `${issuer.url}/revoke`,
  };
  config = await mkdtemp(join(tmpdir(), 'wb-login-'));
  // Instead of the browser of this computer.
  const program = join(config, 'bin/xdg-open');
  await mkdir(join(config, 'bin'));
  await writeFile(program, `#!/bin/sh\nprintf %s "$1" > '${config}/opened'\n`, { mode: 0o755 });
  return async () => {
    await issuer.close();
    await rm(config, { recursive: true, force: true });
  };
});

async function sitDown(): Promise<Desk> {
  const { api } = await LocalServer.start(await createDataDir(), {
    RESTAPI_OIDC_ISSUER: issuer.url,
    RESTAPI_OIDC_AUDIENCE: AUDIENCE,
    RESTAPI_OIDC_JWKS_URL: `${issuer.url}/keys`,
    RESTAPI_AUTH_STATIC_KEY: KEY,
    WB_CONSOLE_CLIENT_ID: 'gate',
  });
  return deskAt(api);
}

function deskAt(api: string): Desk {
  const path = `${join(config, 'bin')}${delimiter}${process.env.PATH}`;
  const environment = { XDG_CONFIG_HOME: config, WORKBENCH_USER: '', PATH: path };
  return { api, issuer, environment, folder: join(config, 'workbench') };
}

/** Starts `wb login`, and returns the address that it has printed. */
async function startLogin({ api, environment }: Desk) {
  const login = start(api, ['login'], environment);
  await expect.poll(() => login.output.err).toMatch(/^ {2}http\S+$/m);
  const url = new URL(/^ {2}(http\S+)$/m.exec(login.output.err)?.[1] ?? '');
  return { ...login, url, back: url.searchParams.get('redirect_uri') ?? '' };
}

async function logIn(desk: Desk): Promise<Finished> {
  const { url, back, finished } = await startLogin(desk);
  await fetch(`${back}?${issuer.authorize(url)}`);
  return await finished;
}

/** Returns the only file of the folder. */
async function findFile({ folder }: Desk): Promise<string> {
  const [name = '', ...others] = await readdir(folder);
  expect(others).toEqual([]);
  return join(folder, name);
}

/** Lets the access token expire. */
async function expire(desk: Desk): Promise<void> {
  const file = await findFile(desk);
  const stored = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...stored, expiresAt: Date.now() - 1 }));
}

describe('wb login', () => {
  it('signs in with a browser, keeps the tokens for this user and this API only, and wb logout revokes them', async () => {
    const desk = await sitDown();
    const { api, environment } = desk;
    const refused = await wb(api, ['list'], environment);
    expect(refused).toMatchObject({ code: 7, err: expect.stringContaining('Sign in: wb login.') });

    const { url, back, finished } = await startLogin(desk);
    expect(back).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    const query = issuer.authorize(url);
    const page = await fetch(`${back}?${query}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('You are signed in.')]);
    const login = await finished;
    expect(login).toMatchObject({ code: 0, out: 'You are signed in as ann.\n' });

    const file = await findFile(desk);
    expect([(await stat(desk.folder)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([0o700, 0o600]);
    const { accessToken, refreshToken } = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    const whoami = await wb(api, ['whoami'], environment);
    expect(whoami.out).toMatch(/^user +ann$/m);
    expect(whoami.out).toMatch(/^with +sign-in at http:\S+, until \S+Z, renewed automatically/m);
    const doctor = await wb(api, ['doctor'], environment);
    expect(doctor).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok +authorization +sign-in at .*, as the user of the token$/m),
    });
    const json = await wb(api, ['whoami', '--json'], environment);
    expect(JSON.parse(json.out)).toMatchObject({ user_id: 'ann', credential: 'sign_in' });
    const other = await LocalServer.start(await createDataDir());
    expect((await wb(other.api, ['whoami'], environment)).out).toContain('no authorization');

    const logout = await wb(api, ['logout'], environment);
    expect(logout).toMatchObject({ code: 0, out: 'You are signed out.\n', err: '' });
    expect(issuer.revoked).toEqual([refreshToken]);
    expect(await readdir(desk.folder)).toEqual([]);
    expect((await wb(api, ['whoami'], environment)).code).toBe(7);
    expect((await wb(api, ['logout'], environment)).out).toBe('You are not signed in.\n');
    const printed = [login, whoami, doctor, json, logout].flatMap(({ out, err }) => [out, err]).join('');
    expect(printed).not.toContain(accessToken);
    expect(printed).not.toContain(refreshToken);
  });

  it('opens the browser at the address that it prints', async () => {
    const desk = await sitDown();
    const { url, child, finished } = await startLogin(desk);
    await expect.poll(() => readFile(join(config, 'opened'), 'utf8').catch(() => '')).toBe(url.href);
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
  });

  it('ignores a way back with another state, and says when the issuer refuses', async () => {
    const desk = await sitDown();
    const { url, back, finished } = await startLogin(desk);
    const forged = new URLSearchParams({ code: 'stolen', state: 'guessed', iss: issuer.url });
    expect((await fetch(`${back}?${forged}`)).status).toBe(404);
    expect((await fetch(`${new URL(back).origin}/`)).status).toBe(404);
    const state = url.searchParams.get('state') ?? '';
    const refusal = new URLSearchParams({ error: 'access_denied', state, iss: issuer.url });
    const page = await fetch(`${back}?${refusal}`);
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('has failed')]);
    expect(await finished).toMatchObject({ code: 7, err: expect.stringContaining('access_denied') });
  });

  it('signs in with a code on another device', async () => {
    const desk = await sitDown();
    const login = start(desk.api, ['login', '--device'], desk.environment);
    await expect.poll(() => login.output.err).toContain(`code WXYZ:\n\n  ${issuer.url}/enter\n`);
    await expect.poll(() => issuer.requests.get('/token') ?? 0).toBeGreaterThan(1);
    issuer.isDeviceApproved = true;
    expect(await login.finished).toMatchObject({ code: 0, out: 'You are signed in as ann.\n' });
    expect(issuer.tokenRequest?.form.get('code_verifier')).toMatch(/^\S{43}$/);
    expect((await wb(desk.api, ['whoami'], desk.environment)).out).toMatch(/^user +ann$/m);
  });

  it('says that an issuer has no sign-in for devices', async () => {
    const desk = await sitDown();
    issuer.metadata = {};
    const login = await wb(desk.api, ['login', '--device'], desk.environment);
    expect(login).toMatchObject({ code: 1, err: expect.stringContaining('without --device') });
  });

  it('ends after --timeout', async () => {
    const desk = await sitDown();
    for (const more of [[], ['--device']]) {
      const login = await wb(desk.api, ['login', '--timeout', '0.2', ...more], desk.environment);
      expect(login).toMatchObject({ code: 4, err: expect.stringContaining('No sign-in within') });
    }
  });

  it('stores nothing if the API does not accept the token', async () => {
    const desk = await sitDown();
    issuer.accessClaims = { sub: 'ann', aud: 'another API' };
    expect((await logIn(desk)).code).toBe(7);
    expect(await readdir(desk.folder).catch(() => [])).toEqual([]);
  });

  it('takes the issuer and its client from the environment, if the server names none', async () => {
    const { api } = await LocalServer.start(await createDataDir(), {
      RESTAPI_OIDC_ISSUER: issuer.url,
      RESTAPI_OIDC_AUDIENCE: AUDIENCE,
      RESTAPI_OIDC_JWKS_URL: `${issuer.url}/keys`,
    });
    const desk = deskAt(api);
    expect(await wb(api, ['login'], desk.environment)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Set WORKBENCH_TOKEN'),
    });
    const environment = {
      ...desk.environment,
      WORKBENCH_ISSUER: issuer.url,
      WORKBENCH_CLIENT_ID: 'gate',
      WORKBENCH_SCOPES: 'openid groups',
    };
    const { url, child } = await startLogin({ ...desk, environment });
    onTestFinished(() => {
      child.kill();
    });
    expect(url.searchParams.get('client_id')).toBe('gate');
    expect(url.searchParams.get('scope')).toBe('openid groups');
  });

  it('says that a server without a key asks for no sign-in', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    const login = await wb(api, ['login'], deskAt(api).environment);
    expect(login).toMatchObject({ code: 1, err: expect.stringContaining('asks for no sign-in') });
  });

  test.each([
    ['an API without TLS', 'http://workbenches.example.com', {}, 2, 'https address'],
    [
      'an issuer without TLS',
      'http://127.0.0.1:1',
      { WORKBENCH_ISSUER: 'http://login.example.com', WORKBENCH_CLIENT_ID: 'x' },
      1,
      'https address',
    ],
    ['no server', 'http://127.0.0.1:1', {}, 5, 'No response from http://127.0.0.1:1'],
    [
      'no issuer',
      'http://127.0.0.1:1',
      { WORKBENCH_ISSUER: 'http://127.0.0.1:1', WORKBENCH_CLIENT_ID: 'x' },
      5,
      'No response from http://127.0.0.1:1',
    ],
  ] as const)('is refused: %s', async (_, api, more, code, message) => {
    const login = await wb(api, ['login'], { ...deskAt(api).environment, ...more });
    expect(login).toMatchObject({ code, out: '', err: expect.stringContaining(message) });
    expect(login.err).not.toContain('    at ');
  });
});

describe('an expired token', () => {
  it('is renewed once, however many processes need it', async () => {
    const desk = await sitDown();
    await logIn(desk);
    await expire(desk);
    const exchanged = issuer.requests.get('/token') ?? 0;
    const finished = await Promise.all(
      Array.from({ length: 4 }, () => wb(desk.api, ['list'], desk.environment)),
    );
    expect(finished.map(({ code, err }) => [code, err])).toEqual(Array.from({ length: 4 }, () => [0, '']));
    expect(issuer.requests.get('/token')).toBe(exchanged + 1);
    expect((await stat(await findFile(desk))).mode & 0o777).toBe(0o600);
  });

  it('that the issuer does not renew asks for wb login', async () => {
    const desk = await sitDown();
    await logIn(desk);
    await expire(desk);
    issuer.tokenError = { status: 400, body: '{"error":"invalid_grant"}' };
    const message = `Your sign-in for ${desk.api} at ${issuer.url} has ended. Sign in again: wb login\n`;
    expect(await wb(desk.api, ['list'], desk.environment)).toMatchObject({ code: 7, err: `wb: ${message}` });
    const doctor = await wb(desk.api, ['doctor'], desk.environment);
    expect(doctor).toMatchObject({ code: 1, out: expect.stringContaining('has ended') });
    issuer.tokenError = undefined;
    expect((await logIn(desk)).code).toBe(0);
    expect((await wb(desk.api, ['list'], desk.environment)).code).toBe(0);
  });

  it('ends with an error of the connection while the issuer does not respond', async () => {
    const desk = await sitDown();
    await logIn(desk);
    await expire(desk);
    issuer.isDown = true;
    const listed = await wb(desk.api, ['list'], desk.environment);
    expect(listed).toMatchObject({ code: 5, err: expect.stringContaining('No response from http') });
    issuer.isDown = false;
    expect((await wb(desk.api, ['list'], desk.environment)).code).toBe(0);
  });

  it('that is still valid for some seconds is used while the issuer does not respond', async () => {
    const desk = await sitDown();
    issuer.tokenFields = { expires_in: 20 };
    await logIn(desk);
    issuer.isDown = true;
    expect((await wb(desk.api, ['list'], desk.environment)).code).toBe(0);
  });
});

describe('a sign-in', () => {
  it('is not used if WORKBENCH_TOKEN is set', async () => {
    const desk = await sitDown();
    await logIn(desk);
    const environment = { ...desk.environment, WORKBENCH_TOKEN: KEY, WORKBENCH_USER: 'bob' };
    const whoami = await wb(desk.api, ['whoami', '--json'], environment);
    expect(JSON.parse(whoami.out)).toMatchObject({ user_id: 'bob', credential: 'environment' });
  });

  it('in a file that is damaged asks for wb login, which replaces it', async () => {
    const desk = await sitDown();
    await logIn(desk);
    await writeFile(await findFile(desk), '{"api":');
    const listed = await wb(desk.api, ['list'], desk.environment);
    expect(listed).toMatchObject({ code: 7, err: expect.stringContaining('wb login') });
    expect((await logIn(desk)).code).toBe(0);
    expect((await wb(desk.api, ['list'], desk.environment)).code).toBe(0);
  });
});
