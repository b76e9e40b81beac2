/** A browser of a test: it keeps cookies for each host, and follows no redirect by itself. */
export class Browser {
  /** Host → name → value. */
  readonly #cookies = new Map<string, Map<string, string>>();

  get(url: string | URL): Promise<Response> {
    return this.#send(url, { method: 'GET' });
  }

  /** Sends a form of a page of the same origin. @param forwardedFor what a proxy says of the address */
  post(
    url: string | URL,
    fields: Readonly<Record<string, string>>,
    forwardedFor?: string,
  ): Promise<Response> {
    return this.#send(url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: {
        origin: new URL(url).origin,
        ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      },
    });
  }

  /** Returns the names of the cookies of a host. */
  cookiesOf(url: string | URL): readonly string[] {
    return [...(this.#cookies.get(new URL(url).host)?.keys() ?? [])].sort();
  }

  setCookie(url: string | URL, name: string, value: string): void {
    this.#jarOf(url).set(name, value);
  }

  deleteCookie(url: string | URL, name: string): void {
    this.#jarOf(url).delete(name);
  }

  deleteCookies(url: string | URL): void {
    this.#cookies.delete(new URL(url).host);
  }

  async #send(url: string | URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.#jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...init.headers, ...(cookie === '' ? {} : { cookie }) },
    });
    for (const line of response.headers.getSetCookie()) this.#store(url, line);
    return response;
  }

  #store(url: string | URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    const isDeleted = attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute));
    if (isDeleted || value === '') this.#jarOf(url).delete(name);
    else this.#jarOf(url).set(name, value);
  }

  #jarOf(url: string | URL): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }
}

/** Returns where a response leads. */
export function locationOf(response: Response): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`no redirect, but ${response.status}`);
  return new URL(location, response.url);
}
