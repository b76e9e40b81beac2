import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

interface Key {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** Key pairs by algorithm. The creation of an RSA key takes a tenth of a second, so every issuer uses the same ones. */
const PAIRS = new Map<string, ReturnType<typeof generateKeyPair>[]>();

/** An OpenID Connect issuer that publishes its keys over HTTP. A test can rotate the keys or break the responses. */
export async function startIssuer() {
  const published: Key[] = [];
  let more: readonly JWK[] = [];
  let broken: 'no' | '500' | '429' | '404' | 'not json' | 'not keys' | 'redirect' | 'too large' | 'silent' =
    'no';
  let fetches = 0;
  /** Number of created keys by algorithm. */
  const created = new Map<string, number>();
  const server = createServer(async (_request, response) => {
    fetches += 1;
    if (broken === 'silent') return;
    if (broken === '500') return void response.writeHead(500).end();
    if (broken === '429') return void response.writeHead(429).end();
    if (broken === '404') return void response.writeHead(404).end();
    if (broken === 'not json') return void response.end('<html>');
    if (broken === 'not keys') return void response.end('{"keys":"none"}');
    if (broken === 'redirect') return void response.writeHead(302, { location: '/certs' }).end();
    const keys = published.map(async ({ kid, algorithm, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: algorithm,
      use: 'sig',
    }));
    const padding = broken === 'too large' ? ' '.repeat(1_048_576) : '';
    response.end(JSON.stringify({ keys: [...(await Promise.all(keys)), ...more] }) + padding);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = 'https://id.example.com/realms/wb';

  return {
    issuer,
    audience: 'workbench',
    jwksUrl: `http://127.0.0.1:${port}/certs`,
    get fetches() {
      return fetches;
    },
    async newKey(kid: string, algorithm = 'RS256'): Promise<Key> {
      const pairs = PAIRS.get(algorithm) ?? [];
      PAIRS.set(algorithm, pairs);
      const used = created.get(algorithm) ?? 0;
      created.set(algorithm, used + 1);
      pairs[used] ??= generateKeyPair(algorithm, { extractable: true });
      return { kid, algorithm, ...(await pairs[used]) };
    },
    publish(...keys: readonly Key[]): void {
      published.splice(0, published.length, ...keys);
    },
    /** Publishes these keys too. They may be broken. */
    publishAlso(...keys: readonly JWK[]): void {
      more = keys;
    },
    break(how: typeof broken): void {
      broken = how;
    },
    /** A token of the issuer, valid for five minutes from `now`. Claims that are undefined are left out. */
    async sign(key: Key, now: number, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
      const at = Math.floor(now / 1000);
      const payload = { iss: issuer, aud: 'workbench', sub: 'ada', iat: at, exp: at + 300, ...claims };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid })
        .sign(key.privateKey);
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
