import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  hs256Verifier,
  isPublicKeyAlgorithm,
  issuerVerifier,
  readAlgorithm,
} from '#functions/authorizer/jwt-verifiers.ts';

const SECRET = 's'.repeat(64);

it.each(['HS384', 'HS512'])('the HS256 verifier refuses %s, even with the right secret', async (alg) => {
  const token = await new SignJWT({ exp: 4_000_000_000 })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(SECRET));
  expect(readAlgorithm(token)).toBe(alg);
  await expect(hs256Verifier(SECRET)(token, new Date(0))).rejects.toMatchObject({
    reason: 'unsupported_algorithm',
  });
});

describe.each<[verifier: string, alg: string]>([
  ['HS256', 'HS256'],
  ['issuer', 'ES256'],
])('the %s verifier', (_verifier, alg) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  async function verify(typ: unknown): Promise<unknown> {
    const now = new Date(1_000_000);
    const token = new SignJWT({ iss: 'i', aud: 'a', exp: 2000 }).setProtectedHeader({ alg, typ } as never);
    if (alg === 'HS256') {
      return hs256Verifier(SECRET)(await token.sign(new TextEncoder().encode(SECRET)), now);
    }
    const key = publicKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
    const verifier = issuerVerifier({ issuer: 'i', audience: 'a', keys: { find: async () => key } });
    return verifier(await token.sign(privateKey), now);
  }

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])(
    'accepts the type %j',
    async (typ) => {
      expect(await verify(typ)).toMatchObject({ exp: 2000 });
    },
  );

  it.each([
    'logout+jwt',
    'application/logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'token-introspection+jwt',
    'at+jwt, JWT',
    ' JWT',
    'JWT\n',
    '',
    null,
    7,
    ['JWT'],
  ])('refuses the type %j', async (typ) => {
    await expect(verify(typ)).rejects.toMatchObject({ reason: 'unsupported_type' });
  });
});

it.each(['HS256', 'none', 'dir', 'RS1', ''])('%j is not a public key algorithm', (alg) => {
  expect(isPublicKeyAlgorithm(alg)).toBe(false);
});
