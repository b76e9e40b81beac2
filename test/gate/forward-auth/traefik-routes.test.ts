import { describe, expect, it } from 'vitest';
import { gateAddressOf } from '#core/gate/gate-host.ts';
import { buildTraefikRoutes } from '#gate/forward-auth/traefik-routes.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';

const options = (baseUrl = 'https://wb.example', removesAuthorization = true) => ({
  address: gateAddressOf(new URL(baseUrl), 'host'),
  gateUrl: 'http://127.0.0.1:8080',
  authUrl: 'http://127.0.0.1:9000',
  removesAuthorization,
});

const WORKBENCH = { workbenchId: ID, endpoint: 'http://10.0.0.7:8080' };

describe('the routes of Traefik', () => {
  it('lead a workbench’s host to its address, after the question that names the same address', () => {
    const { http } = buildTraefikRoutes([WORKBENCH], options()).configuration;
    expect(http.routers[ID]).toEqual({
      rule: `Host(\`${ID}.wb.example\`)`,
      priority: 100,
      service: ID,
      middlewares: ['clean', ID],
    });
    expect(http.services[ID]).toEqual({
      loadBalancer: { passHostHeader: true, servers: [{ url: 'http://10.0.0.7:8080' }] },
    });
    expect(http.middlewares?.[ID]).toMatchObject({
      forwardAuth: {
        address: `http://127.0.0.1:9000/auth/${ID}/10.0.0.7:8080`,
        authResponseHeaders: ['Cookie', 'X-Workbench-User', 'Authorization'],
        preserveLocationHeader: true,
        trustForwardHeader: false,
      },
    });
  });

  it('lead the paths of the gate, and everything else, to the gate', () => {
    const { http } = buildTraefikRoutes([], options()).configuration;
    expect(http).toEqual({
      routers: {
        gate: { rule: 'PathPrefix(`/`)', priority: 1, service: 'gate' },
        own: { rule: 'PathPrefix(`/.wb/`)', priority: 1_000, service: 'gate' },
      },
      services: {
        gate: { loadBalancer: { passHostHeader: true, servers: [{ url: 'http://127.0.0.1:8080' }] } },
      },
    });
  });

  it.each(['http+unix://%2Frun%2Fsocket', 'http://10.0.0.7:8080/project', 'no URL'])(
    'have none to the endpoint %s, to which only the gate forwards',
    (endpoint) => {
      const { configuration, leftOut } = buildTraefikRoutes([{ ...WORKBENCH, endpoint }], options());
      expect(configuration).toEqual(buildTraefikRoutes([], options()).configuration);
      expect(leftOut).toBe(0);
    },
  );

  it.each([
    ['https://wb.example', 'https', '443'],
    ['https://wb.example:8443', 'https', '8443'],
    ['http://localhost', 'http', '80'],
  ])('tell workbenches the public scheme and port of %s', (baseUrl, scheme, port) => {
    const { http } = buildTraefikRoutes([WORKBENCH], options(baseUrl)).configuration;
    expect(http.middlewares?.clean).toMatchObject({
      headers: {
        customRequestHeaders: {
          'X-Forwarded-Proto': scheme,
          'X-Forwarded-Port': port,
          'X-Workbench-User': '',
          Forwarded: '',
        },
      },
    });
    expect(http.routers[ID]?.rule).toBe(`Host(\`${ID}.${new URL(baseUrl).hostname}\`)`);
  });

  it('keep Authorization without sign-in, and write the address of IPv6 in brackets', () => {
    const endpoint = 'http://[fd00::7]:8080';
    const { http } = buildTraefikRoutes(
      [{ ...WORKBENCH, endpoint }],
      options(undefined, false),
    ).configuration;
    expect(http.middlewares?.[ID]).toMatchObject({
      forwardAuth: {
        address: `http://127.0.0.1:9000/auth/${ID}/[fd00::7]:8080`,
        authResponseHeaders: ['Cookie', 'X-Workbench-User'],
      },
    });
  });

  it('are sorted by the age of the workbenches', () => {
    const ids = [3, 1, 2].map((n) => idAt(T0, n));
    const running = ids.map((workbenchId) => ({ ...WORKBENCH, workbenchId }));
    const { http } = buildTraefikRoutes(running, options()).configuration;
    expect(Object.keys(http.services)).toEqual(['gate', ...[...ids].sort()]);
  });
});
