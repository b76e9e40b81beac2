import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuthKeys } from '#adapters/auth-secret.ts';
import { hs256Verifier } from '#functions/authorizer/jwt-verifiers.ts';
import { toPrincipal } from '#functions/authorizer/principal.ts';
import { ApiCommands } from '#gate/api-commands.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const NOW = Date.UTC(2026, 0, 1);
const JWT_KEY = 'k'.repeat(32);

/** Starts an API that responds as `respond` says, and returns the commands that call it. */
async function openApi(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
  options: { readonly keys?: AuthKeys | undefined; readonly timeoutMs?: number } = {},
) {
  const requests: { readonly line: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({
      line: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
    });
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { keys, timeoutMs } = options;
  const telemetry = new RecordingTelemetry();
  const commands = new ApiCommands({
    url: `http://127.0.0.1:${port}/api/v1`,
    keys: keys === undefined ? undefined : async () => keys,
    clock: { now: () => NOW },
    telemetry,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { commands, requests, server, telemetry };
}

const respondWith = (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const ACCEPT = respondWith(200, { success: true });

const keysOf = (keys: Partial<AuthKeys>) =>
  ({ RESTAPI_AUTH_STATIC_KEY: undefined, RESTAPI_AUTH_JWT_KEY: undefined, ...keys }) as AuthKeys;

describe('a command', () => {
  it('is a POST in the name of the owner', async () => {
    const { commands, requests } = await openApi(ACCEPT);
    expect(await commands.start('ann & bob', 'abc123')).toEqual({ kind: 'accepted' });
    expect(await commands.stop('ann', 'abc123')).toEqual({ kind: 'accepted' });
    expect(requests.map(({ line }) => line)).toEqual([
      'POST /api/v1/workbenches/abc123/start?user_id=ann+%26+bob',
      'POST /api/v1/workbenches/abc123/stop?user_id=ann',
    ]);
  });

  it('has no token if the API accepts every caller', async () => {
    const { commands, requests } = await openApi(ACCEPT);
    await commands.start('ann', 'abc123');
    expect(requests[0]?.authorization).toBeUndefined();
  });

  it('carries a token with which the authorizer admits a service, for a minute', async () => {
    const keys = keysOf({ RESTAPI_AUTH_JWT_KEY: JWT_KEY, RESTAPI_AUTH_STATIC_KEY: 's'.repeat(16) });
    const { commands, requests } = await openApi(ACCEPT, { keys });
    await commands.start('ann', 'abc123');
    const token = requests[0]?.authorization?.replace('Bearer ', '') ?? '';
    const payload = await hs256Verifier(JWT_KEY)(token, new Date(NOW));
    expect(toPrincipal(payload, 'sub', () => true)).toEqual({
      kind: 'token',
      scopes: [],
      service: true,
      clientId: 'gate',
      expiresAt: NOW / 1000 + 60,
    });
  });

  it('carries the static key if there is no key for tokens', async () => {
    const staticKey = 's'.repeat(16);
    const { commands, requests } = await openApi(ACCEPT, {
      keys: keysOf({ RESTAPI_AUTH_STATIC_KEY: staticKey }),
    });
    await commands.start('ann', 'abc123');
    expect(requests[0]?.authorization).toBe(`Bearer ${staticKey}`);
  });
});

describe('the code of a link', () => {
  const link = {
    ...{ workbench_id: 'w', workbench_name: 'n', owner_id: 'ada', shared_by: 'ada', role: 'use' },
    ...{ gives: true, public_endpoint: 'https://w.wb.example/' },
  };

  it('is sent in the body, in the name of the user who has it', async () => {
    const { commands, requests } = await openApi(respondWith(200, { success: true, item: link }));
    expect(await commands.previewLink('bob', 'the code')).toEqual({ kind: 'found', link });
    expect(await commands.redeemLink('bob', 'the code')).toEqual({ kind: 'found', link });
    expect(requests.map(({ line }) => line)).toEqual([
      'POST /api/v1/share-links/preview?user_id=bob',
      'POST /api/v1/share-links/redeem?user_id=bob',
    ]);
  });

  it('is refused as the API refuses it, and never in the log', async () => {
    const refusing = await openApi(respondWith(404, { error: { message: 'There is no such link.' } }));
    expect(await refusing.commands.redeemLink('bob', 'the code')).toEqual({
      ...{ kind: 'refused', status: 404, message: 'There is no such link.' },
    });
    const failing = await openApi(respondWith(200, { success: true, item: {} }));
    expect(await failing.commands.redeemLink('bob', 'the code')).toEqual({ kind: 'unavailable' });
    const { lines, fields } = failing.telemetry;
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([lines, ...fields.values()])).not.toContain('the code');
  });
});

describe('the result', () => {
  it.each([404, 409, 429])('of a response with %d is the refusal of the API', async (status) => {
    const { commands } = await openApi(
      respondWith(status, {
        success: false,
        error: { code: 'x', message: 'The workbench is being deleted.' },
      }),
    );
    expect(await commands.start('ann', 'abc123')).toEqual({
      kind: 'refused',
      status,
      message: 'The workbench is being deleted.',
    });
  });

  it('of a refusal without a message has one, and a long one is cut', async () => {
    const { commands } = await openApi(respondWith(429, { message: 'Too Many Requests' }));
    expect(await commands.start('ann', 'abc123')).toMatchObject({ message: 'The request was refused.' });
    const long = await openApi(respondWith(409, { error: { message: 'x'.repeat(1000) } }));
    const result = await long.commands.start('ann', 'abc123');
    expect(result).toMatchObject({ kind: 'refused', message: 'x'.repeat(500) });
  });

  it.each([401, 403, 500, 502, 503])(
    'of a response with %d is unavailable, because it is not about the workbench',
    async (status) => {
      const { commands } = await openApi(respondWith(status, { error: { message: 'no' } }));
      expect(await commands.start('ann', 'abc123')).toEqual({ kind: 'unavailable' });
    },
  );

  it('without a response within the limit is unavailable', async () => {
    const { commands } = await openApi(() => {}, { timeoutMs: 50 });
    expect(await commands.start('ann', 'abc123')).toEqual({ kind: 'unavailable' });
  });

  it('without a connection is unavailable', async () => {
    const { commands, server } = await openApi(ACCEPT);
    server.close();
    expect(await commands.start('ann', 'abc123')).toEqual({ kind: 'unavailable' });
  });

  it('of a redirect is unavailable, and the token goes nowhere else', async () => {
    const { commands, requests } = await openApi(
      (_, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
      { keys: keysOf({ RESTAPI_AUTH_JWT_KEY: JWT_KEY }) },
    );
    expect(await commands.stop('ann', 'abc123')).toEqual({ kind: 'unavailable' });
    expect(requests).toHaveLength(1);
  });

  it('is unavailable while the key cannot be read', async () => {
    const { requests, server } = await openApi(ACCEPT);
    const { port } = server.address() as AddressInfo;
    const commands = new ApiCommands({
      url: `http://127.0.0.1:${port}`,
      keys: () => Promise.reject(new Error('no secret')),
      clock: { now: () => NOW },
      telemetry: new RecordingTelemetry(),
    });
    expect(await commands.start('ann', 'abc123')).toEqual({ kind: 'unavailable' });
    expect(requests).toEqual([]);
  });
});
