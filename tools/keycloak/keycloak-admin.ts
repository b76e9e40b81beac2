/** The token of the administrator is valid for a minute. */
const TOKEN_LIFETIME_MS = 30_000;

/** The admin REST API of a Keycloak server. */
export class KeycloakAdmin {
  readonly #url: string;
  readonly #password: string;
  #token: { readonly value: string; readonly at: number } | undefined;

  constructor(url: string, password: string) {
    this.#url = url;
    this.#password = password;
  }

  /**
   * @param path below `/admin/realms`
   * @returns the parsed body; undefined if it has none
   * @throws Error with the response if the status is not 2xx
   */
  async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.#readToken()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async #readToken(): Promise<string> {
    const now = performance.now();
    if (this.#token !== undefined && now - this.#token.at < TOKEN_LIFETIME_MS) return this.#token.value;
    const response = await fetch(`${this.#url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: 'admin',
        password: this.#password,
      }),
    });
    const { access_token: value } = (await response.json()) as { readonly access_token?: string };
    if (value === undefined) throw new Error(`Keycloak gave the administrator no token: ${response.status}`);
    this.#token = { value, at: now };
    return value;
  }
}
