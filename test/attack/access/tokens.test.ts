import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { startIssuer } from '#test/functions/authorizer/issuer.ts';
import { rawRequest } from '#test/local/raw-http.ts';
import { attackServer, mapInParallel } from '../attacked-server.ts';
import { exchange } from '../exchange.ts';
import { listTokens } from './tokens.ts';

test('forged, broken and misused tokens are refused, and never cause an error', async ({
  onTestFinished,
}) => {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const publicKeys = Object.entries({ rsa, ec });
  issuer.publishAlso(
    ...publicKeys.map(([kid, key]) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid })),
  );
  const staticKey = 'a-static-key-of-the-attacked-server';
  const secret = 'an-hs256-secret-of-the-attacked-server';
  const { audience } = issuer;
  const tokens = listTokens({ issuer: issuer.issuer, audience, staticKey, secret, rsa, ec }, Date.now());
  expect(tokens.filter(({ status }) => status !== 200).length).toBeGreaterThanOrEqual(163);
  const settings = {
    RESTAPI_AUTH_STATIC_KEY: staticKey,
    RESTAPI_AUTH_JWT_KEY: secret,
    RESTAPI_OIDC_ISSUER: issuer.issuer,
    RESTAPI_OIDC_AUDIENCE: audience,
    RESTAPI_OIDC_JWKS_URL: issuer.jwksUrl,
  };
  await attackServer(settings, async ({ apiPort }) => {
    const results = await mapInParallel(tokens, 4, async ({ name, header }) => {
      const headers = [`Host: localhost`, ...(header === undefined ? [] : [`Authorization: ${header}`])];
      const request = rawRequest('GET /workbenches?user_id=ada', headers);
      return [name, (await exchange(apiPort, Buffer.from(request, 'latin1'))).status];
    });
    expect(Object.fromEntries(results)).toEqual(
      Object.fromEntries(tokens.map(({ name, status }) => [name, status])),
    );
    // Strangers' tokens must not load the issuer.
    expect(issuer.fetches).toBe(1);
  });
});
