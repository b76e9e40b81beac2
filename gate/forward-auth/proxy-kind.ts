/** The proxies that may forward in the place of the gate, and ask it about each request. */
export const PROXY_KINDS = ['traefik', 'nginx'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];
