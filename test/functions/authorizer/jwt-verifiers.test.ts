import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { hs256Verifier, isPublicKeyAlgorithm, readAlgorithm } from '#functions/authorizer/jwt-verifiers.ts';

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

it.each(['HS256', 'none', 'dir', 'RS1', ''])('%j is not a public key algorithm', (alg) => {
  expect(isPublicKeyAlgorithm(alg)).toBe(false);
});
