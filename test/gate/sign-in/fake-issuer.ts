import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const CLIENT_ID = 'gate';

/** The code with which the issuer sent a browser back, and what it is exchanged for. */
interface IssuedCode {
  readonly nonce: string;
  readonly challenge: string;
}

/**
 * An OpenID Connect issuer in this process, for what a real one does not do at will: errors, outages, wrong tokens. The
 * suite of Keycloak tests the rest.
 */
export class FakeIssuer {
  readonly #server = createServer((request, response) => {
    this.#respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  readonly #codes = new Map<string, IssuedCode>();
  #refreshTokens = 0;
  #keys: { readonly privateKey: CryptoKey; readonly jwk: object } | undefined;

  url = '';
  /** Requests by path. */
  readonly requests = new Map<string, number>();
  /** The claims of the next ID tokens, in addition to the valid ones. Undefined removes a claim. */
  claims: Readonly<Record<string, unknown>> = {};
  /** The response of the token endpoint, instead of tokens. */
  tokenError: { readonly status: number; readonly body: string } | undefined;
  /** In addition to the fields of every response of the token endpoint. */
  tokenFields: Readonly<Record<string, unknown>> = {};
  /** The body of the last request to the token endpoint, and its Authorization header. */
  tokenRequest: { readonly form: URLSearchParams; readonly authorization: string | undefined } | undefined;
  /**
   * Set: access tokens are signed and have these claims, and a refresh token comes with each, which works once. `expires_in` and others
   * are in `tokenFields`.
   */
  accessClaims: Readonly<Record<string, unknown>> | undefined;
  /** The refresh tokens that were revoked. */
  readonly revoked: string[] = [];
  /** Whether the user has approved the sign-in of a device. */
  isDeviceApproved = false;
  /** Whether every request gets a 500 response. */
  isDown = false;
  /** In addition to the discovery document. */
  metadata: Readonly<Record<string, unknown>> = {};

  static async start(): Promise<FakeIssuer> {
    const issuer = new FakeIssuer();
    await issuer.rotateKeys('first');
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    issuer.url = `http://127.0.0.1:${(issuer.#server.address() as AddressInfo).port}/realms/test`;
    return issuer;
  }

  async rotateKeys(kid: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.#keys = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' } };
    this.#kid = kid;
  }
  #kid = '';

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Signs the user in. @param authorizationUrl where the gate sent the browser. @returns the query of the way back */
  authorize(authorizationUrl: URL): URLSearchParams {
    const asked = authorizationUrl.searchParams;
    const code = `code-${this.#codes.size}`;
    this.#codes.set(code, { nonce: asked.get('nonce') ?? '', challenge: asked.get('code_challenge') ?? '' });
    return new URLSearchParams({ code, state: asked.get('state') ?? '', iss: this.url });
  }

  /** Signs a token. Undefined removes a claim. */
  sign(claims: Readonly<Record<string, unknown>>, typ = 'JWT'): Promise<string> {
    if (this.#keys === undefined) throw new Error('no keys');
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, aud: CLIENT_ID, sub: 'subject-of-ann', iat: now, exp: now + 120, ...claims };
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new SignJWT(payload as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid: this.#kid, typ })
      .sign(this.#keys.privateKey);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/realms/test', '');
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    if (this.isDown) response.writeHead(500).end();
    else if (path === '/.well-known/openid-configuration') respondJson(response, 200, this.#discovery());
    else if (path === '/keys') respondJson(response, 200, { keys: [this.#keys?.jwk] });
    else if (path === '/token') await this.#exchange(request, response);
    else if (path === '/device') {
      const verification = { user_code: 'WXYZ', verification_uri: `${this.url}/enter` };
      respondJson(response, 200, {
        device_code: 'of-device',
        ...verification,
        expires_in: 60,
        interval: 0.05,
      });
    } else if (path === '/revoke') {
      this.revoked.push((await readForm(request)).get('token') ?? '');
      response.writeHead(200).end();
    } else response.writeHead(404).end();
  }

  #discovery() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/keys`,
      end_session_endpoint: `${this.url}/logout`,
      id_token_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
      ...this.metadata,
    };
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request);
    this.tokenRequest = { form, authorization: request.headers.authorization };
    if (this.tokenError !== undefined) {
      response.writeHead(this.tokenError.status, { 'content-type': 'application/json' });
      response.end(this.tokenError.body);
      return;
    }
    if (form.get('grant_type') === 'refresh_token') {
      if (this.accessClaims !== undefined && form.get('refresh_token') !== `refresh-${this.#refreshTokens}`) {
        respondJson(response, 400, { error: 'invalid_grant' });
        return;
      }
      respondJson(response, 200, { ...(await this.#accessTokens('renewed')), ...this.tokenFields });
      return;
    }
    if (form.get('device_code') === 'of-device') {
      if (this.isDeviceApproved) {
        respondJson(response, 200, { ...(await this.#accessTokens('opaque')), ...this.tokenFields });
      } else respondJson(response, 400, { error: 'authorization_pending' });
      return;
    }
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || challenge !== code.challenge) {
      respondJson(response, 400, { error: 'invalid_grant' });
      return;
    }
    const idToken = await this.sign({
      nonce: code.nonce,
      preferred_username: 'ann',
      sid: 'sid-1',
      ...this.claims,
    });
    const tokens = { ...(await this.#accessTokens('opaque')), id_token: idToken };
    respondJson(response, 200, { ...tokens, ...this.tokenFields });
  }

  async #accessTokens(opaque: string) {
    if (this.accessClaims === undefined) return { access_token: opaque, token_type: 'Bearer' };
    this.#refreshTokens += 1;
    return {
      access_token: await this.sign(this.accessClaims),
      refresh_token: `refresh-${this.#refreshTokens}`,
      token_type: 'Bearer',
    };
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function respondJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
