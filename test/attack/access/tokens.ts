import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';

/** What the server accepts. */
export interface Accepted {
  readonly issuer: string;
  readonly audience: string;
  readonly staticKey: string;
  /** The secret of HS256. */
  readonly secret: string;
  /** An RSA key and an EC key that the issuer publishes under the ids `rsa` and `ec`. */
  readonly rsa: KeyObject;
  readonly ec: KeyObject;
}

/** A token and the status of a request with it. */
export interface TokenCase {
  readonly name: string;
  /** The Authorization header. Absent: none is sent. */
  readonly header?: string;
  readonly status: 200 | 401 | 403;
}

type Json = Readonly<Record<string, unknown>>;
type Sign = (input: string) => Buffer;

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hmac =
  (secret: string | Buffer, hash = 'sha256'): Sign =>
  (input) =>
    createHmac(hash, secret).update(input).digest();
const rsaSign =
  (key: KeyObject, hash = 'sha256'): Sign =>
  (input) =>
    signBytes(hash, Buffer.from(input), key);
const ecSign =
  (key: KeyObject): Sign =>
  (input) =>
    signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

function jws(header: unknown, claims: unknown, sign: Sign): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(input).toString('base64url')}`;
}

/** Valid tokens, and mutations of them that the server must refuse. */
export function listTokens(accepted: Accepted, nowMs: number): readonly TokenCase[] {
  const now = Math.floor(nowMs / 1000);
  const { issuer, audience, staticKey, secret, rsa, ec } = accepted;
  const claims: Json = { iss: issuer, aud: audience, sub: 'ada', iat: now, exp: now + 3600 };
  const own: Json = { sub: 'ada', exp: now + 3600 };
  const hsToken = (more: Json = {}, header: Json = {}, key: string | Buffer = secret) =>
    jws({ alg: 'HS256', ...header }, { ...own, ...more }, hmac(key));
  const rsToken = (more: Json = {}, header: Json = {}, key: KeyObject = rsa) =>
    jws({ alg: 'RS256', kid: 'rsa', ...header }, { ...claims, ...more }, rsaSign(key));
  const esToken = (more: Json = {}, header: Json = {}, key: KeyObject = ec) =>
    jws({ alg: 'ES256', kid: 'ec', ...header }, { ...claims, ...more }, ecSign(key));
  const publicPem = createPublicKey(rsa).export({ type: 'spki', format: 'pem' }).toString();
  const publicDer = createPublicKey(rsa).export({ type: 'spki', format: 'der' });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const [hsHead = '', hsBody = '', hsSignature = ''] = hsToken().split('.');
  const [rsHead = '', rsBody = '', rsSignature = ''] = rsToken().split('.');
  const [esHead = '', esBody = ''] = esToken().split('.');

  const bearer = (status: TokenCase['status'], entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).map(([name, token]) => ({ name, header: `Bearer ${token}`, status }));
  const each = <T>(values: readonly T[], name: string, token: (value: T) => string) =>
    Object.fromEntries(values.map((value) => [`${name} ${JSON.stringify(value)}`, token(value)]));

  return [
    ...bearer(200, {
      'the static key': staticKey,
      'an HS256 token': hsToken(),
      'an RS256 token': rsToken(),
      // Not the spelling of RFC 7515, but the right signature.
      'an HS256 token with a padded signature': `${hsToken()}=`,
      'an ES256 token': esToken(),
      'an RS256 token for two audiences': rsToken({ aud: ['other', audience] }),
      'an RS256 token without kid, of the only RSA key': rsToken({}, { kid: undefined }),
      ...each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'], 'an HS256 token of the type', (typ) =>
        hsToken({}, { typ }),
      ),
      ...each(
        ['jku', 'x5u', 'jwk', 'x5c', 'cty', 'url', 'nonce'],
        'an HS256 token with the ignored header',
        (name) => hsToken({}, { [name]: 'https://evil.example/' }),
      ),
    }),
    // Signatures.
    ...bearer(403, {
      'HS256 with another secret': hsToken({}, {}, `${secret}x`),
      'HS256 with the empty secret': hsToken({}, {}, ''),
      'HS256 with the secret in base64': hsToken({}, {}, Buffer.from(secret).toString('base64')),
      'HS256 with the static key': hsToken({}, {}, staticKey),
      'HS256 with the published PEM': hsToken({}, {}, publicPem),
      'HS256 with the trimmed PEM': hsToken({}, {}, publicPem.trim()),
      'HS256 with the published DER': hsToken({}, {}, publicDer),
      'HS256 with the modulus': hsToken({}, {}, String(createPublicKey(rsa).export({ format: 'jwk' }).n)),
      'HS256 with the kid of the RSA key and its PEM': hsToken({}, { kid: 'rsa' }, publicPem),
      'HS256 with its own key in the header': hsToken({}, { jwk: { kty: 'oct', k: encode('x') } }, 'x'),
      'RS256 of a stranger': rsToken({}, {}, stranger),
      'RS256 of a stranger with his key in the header': rsToken(
        {},
        { jwk: createPublicKey(stranger).export({ format: 'jwk' }) },
        stranger,
      ),
      'RS256 of a stranger with jku': rsToken({}, { jku: 'https://evil.example/jwks' }, stranger),
      'RS256 of a stranger with x5u': rsToken({}, { x5u: 'https://evil.example/cert' }, stranger),
      'RS256 signed with the HS256 secret': jws({ alg: 'RS256', kid: 'rsa' }, claims, hmac(secret)),
      'RS256 signed with the EC key': jws({ alg: 'RS256', kid: 'rsa' }, claims, ecSign(ec)),
      'RS256 with SHA-512': jws({ alg: 'RS256', kid: 'rsa' }, claims, rsaSign(rsa, 'sha512')),
      'RS512 with SHA-256': jws({ alg: 'RS512', kid: 'rsa' }, claims, rsaSign(rsa)),
      'PS256 with the padding of RS256': jws({ alg: 'PS256', kid: 'rsa' }, claims, rsaSign(rsa)),
      'ES256 of a stranger': esToken({}, {}, strangerEc),
      'ES256 in DER': jws({ alg: 'ES256', kid: 'ec' }, claims, (input) =>
        signBytes('sha256', Buffer.from(input), ec),
      ),
      'ES256 of zeros': jws({ alg: 'ES256', kid: 'ec' }, claims, () => Buffer.alloc(64)),
      'ES256 of 0xff': jws({ alg: 'ES256', kid: 'ec' }, claims, () => Buffer.alloc(64, 0xff)),
      'ES384 signed with the key of P-256': jws({ alg: 'ES384', kid: 'ec' }, claims, ecSign(ec)),
      'HS256 whose signature is cut': `${hsHead}.${hsBody}.${hsSignature.slice(0, -4)}`,
      'HS256 whose signature is longer': `${hsHead}.${hsBody}.${hsSignature}AAAA`,
      'HS256 without its signature': `${hsHead}.${hsBody}.`,
      'RS256 without its signature': `${rsHead}.${rsBody}.`,
      'RS256 with the signature of another token': `${rsHead}.${encode({ ...claims, sub: 'bob' })}.${rsSignature}`,
      'ES256 without its signature': `${esHead}.${esBody}.`,
      'HS256 with other claims': `${hsHead}.${encode({ ...own, sub: 'bob' })}.${hsSignature}`,
      'HS256 with another header': `${encode({ alg: 'HS256', kid: 'x' })}.${hsBody}.${hsSignature}`,
    }),
    // Algorithms.
    ...bearer(403, {
      ...each(
        [
          ...[
            'none',
            'None',
            'NONE',
            'nOnE',
            '',
            ' ',
            'HS384',
            'HS512',
            'hs256',
            'HS256 ',
            'Hs256',
            'HS1',
            'RS1',
          ],
          ...['rs256', 'RSA-OAEP', 'dir', 'A128KW', 'EdDSA', 'Ed25519', 'ES256K', 'ML-DSA-44', 'constructor'],
        ],
        'the algorithm',
        (alg) => hsToken({}, { alg }),
      ),
      ...each([undefined, null, 0, true, ['HS256'], { alg: 'HS256' }], 'the algorithm', (alg) =>
        hsToken({}, { alg: alg as unknown }),
      ),
      ...each(
        ['none', 'None', ''],
        'no signature and the algorithm',
        (alg) => `${encode({ alg })}.${hsBody}.`,
      ),
      'HS256 with an unknown critical header': hsToken({}, { crit: ['x'], x: 1 }),
      'HS256 with an empty critical header': hsToken({}, { crit: [] }),
      'HS256 with an unencoded payload': hsToken({}, { b64: false, crit: ['b64'] }),
      'an unknown kid': rsToken({}, { kid: 'unknown' }),
      'the kid of the EC key': rsToken({}, { kid: 'ec' }),
      'a kid that is a path': rsToken({}, { kid: '../../dev/null' }),
      'a kid of SQL': rsToken({}, { kid: "' OR 1=1 --" }),
      'a kid of Object.prototype': rsToken({}, { kid: '__proto__' }),
      'a kid that is a list': rsToken({}, { kid: ['rsa'] }),
      ...each(
        ['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JWE', 'at+jwt;x', ' JWT', '', 7, null, ['JWT']],
        'the type',
        (typ) => rsToken({}, { typ }),
      ),
    }),
    // Claims.
    ...bearer(403, {
      ...each(
        [
          undefined,
          null,
          '9999999999',
          'tomorrow',
          now - 1,
          now - 86_400,
          0,
          -1,
          1e300,
          [now + 3600],
          {},
          true,
        ],
        'HS256 with exp',
        (exp) => hsToken({ exp: exp as unknown }),
      ),
      ...each([undefined, now - 1, 'never'], 'RS256 with exp', (exp) => rsToken({ exp: exp as unknown })),
      ...each([now + 3600, 'now', null, [now]], 'HS256 with nbf', (nbf) => hsToken({ nbf: nbf as unknown })),
      ...each([now + 3600, 'now', [now]], 'RS256 with iat', (iat) => rsToken({ iat: iat as unknown })),
      ...each(
        [
          undefined,
          null,
          '',
          'https://evil.example',
          `${issuer}/`,
          issuer.toUpperCase(),
          [issuer],
          `${issuer} `,
        ],
        'the issuer',
        (iss) => rsToken({ iss: iss as unknown }),
      ),
      ...each(
        [
          undefined,
          null,
          '',
          'account',
          `${audience} `,
          audience.toUpperCase(),
          [],
          ['account'],
          { 0: audience },
        ],
        'the audience',
        (aud) => rsToken({ aud: aud as unknown }),
      ),
      ...each(
        [
          null,
          '',
          17,
          true,
          ['ada'],
          { name: 'ada' },
          'a\nb',
          'a\0b',
          '\x7f',
          '\ufffe',
          'x'.repeat(97),
          'ü'.repeat(49),
        ],
        'the user',
        (sub) => hsToken({ sub: sub as unknown }),
      ),
    }),
    // Forms.
    ...bearer(403, {
      'one part': hsHead,
      'two parts': `${hsHead}.${hsBody}`,
      'four parts': `${hsToken()}.x`,
      'five parts': `${hsToken()}.x.y`,
      'three empty parts': '..',
      'an empty header': `.${hsBody}.${hsSignature}`,
      'no claims': jws({ alg: 'HS256' }, '', hmac(secret)),
      'claims that are a list': jws({ alg: 'HS256' }, [own], hmac(secret)),
      'claims that are text': jws({ alg: 'HS256' }, '"ada"', hmac(secret)),
      'claims that are null': jws({ alg: 'HS256' }, 'null', hmac(secret)),
      'claims that are cut': jws({ alg: 'HS256' }, JSON.stringify(own).slice(0, -1), hmac(secret)),
      'a header that is a list': jws([{ alg: 'HS256' }], own, hmac(secret)),
      'a header that is not JSON': jws('alg', own, hmac(secret)),
      'a header in base64 with padding': `${hsHead}=.${hsBody}.${hsSignature}`,
      'a header with a line break': hsToken({}, { x: '\n' }, 'x'),
      'parts separated by colons': hsToken().replaceAll('.', ':'),
      'the static key with a dot': `${staticKey}.`,
      'a prefix of the static key': staticKey.slice(0, -1),
      'the static key in upper case': staticKey.toUpperCase(),
      'the static key twice': staticKey + staticKey,
      'a JSON serialization': encode({ payload: hsBody, protected: hsHead, signature: hsSignature }),
      'a token of 8,193 characters': 'x'.repeat(8193),
    }),
    // Spellings of the header.
    { name: 'no header', status: 401 },
    { name: 'an empty header', header: '', status: 401 },
    ...['bearer', 'BEARER', 'bEaReR'].map((scheme) => ({
      name: `the scheme ${scheme}`,
      header: `${scheme} ${staticKey}`,
      status: 200 as const,
    })),
    { name: 'two spaces after the scheme', header: `Bearer  ${staticKey}`, status: 200 },
    ...[
      ...[
        `Basic ${staticKey}`,
        `Digest ${staticKey}`,
        `Token ${staticKey}`,
        `Bearer${staticKey}`,
        `Bearer=${staticKey}`,
      ],
      ...[`Bearer\t${staticKey}`, `Bearer "${staticKey}"`, `Bearer ${staticKey},`, `Bearer ${staticKey} x`],
      ...[
        `Bearer ${staticKey}, Bearer ${staticKey}`,
        `x Bearer ${staticKey}`,
        staticKey,
        'Bearer',
        'null',
        'Bearer null',
      ],
      ...['Bearer undefined', `Bearer \xfc${staticKey}`],
    ].map((header) => ({ name: `the header ${header}`, header, status: 403 as const })),
  ];
}
