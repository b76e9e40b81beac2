import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SettingsError } from '#contract/settings/setting.ts';
import { readLocalSettings } from '#local/settings.ts';

const KEY = 'a-key-of-sixteen-characters';

function problemsOf(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    readLocalSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) {
      return Object.fromEntries(error.problems.map(({ name, problem }) => [name, problem]));
    }
    throw error;
  }
  return {};
}

describe('the settings of local mode', () => {
  test('default to an open API that only this computer can reach', () => {
    expect(readLocalSettings({})).toMatchObject({
      functions: {
        RESTAPI_AUTH: 'none',
        WB_DEFAULT_RAM: 2048,
        WB_DEFAULT_CPU: 1024,
        WB_STOP_SETTLE_SECONDS: 0,
      },
      baseUrl: undefined,
      port: 8999,
      workbenchPort: 0,
      addressMode: 'host',
      keepPrefix: false,
      dataDir: resolve('.workbench'),
      tableEndpoint: undefined,
      maxRunning: 8,
      stopGraceMs: 10_000,
      bindAddress: '127.0.0.1',
      hosts: [],
      dedicatedTypes: [
        { name: 't3.medium', cpuUnits: 2048, memoryMib: 3840, gpuCount: 0 },
        { name: 'm6i.large', cpuUnits: 2048, memoryMib: 7680, gpuCount: 0 },
        { name: 'm6i.xlarge', cpuUnits: 4096, memoryMib: 15_616, gpuCount: 0 },
      ],
    });
  });

  test('are read from the environment', () => {
    const settings = readLocalSettings({
      PORT: '9000',
      WB_WORKBENCH_PORT: '9001',
      WB_KEEP_PREFIX: 'always',
      WB_DATA_DIR: '/var/wb',
      WB_TABLE_ENDPOINT: 'http://db.example:8000/',
      WB_LOCAL_MAX_RUNNING: '100',
      WB_LOCAL_STOP_TIMEOUT_SECONDS: '0',
      BASE_URL: 'https://wb.example/lab/',
      WB_LOCAL_INSTANCE_TYPES: 'tiny:128:256, gpu.big:8192:32768:4',
      WB_STOP_SETTLE_SECONDS: '3',
      RESTAPI_AUTH_STATIC_KEY: KEY,
    });
    expect(settings).toMatchObject({
      port: 9000,
      workbenchPort: 9001,
      keepPrefix: true,
      dataDir: '/var/wb',
      tableEndpoint: 'http://db.example:8000',
      maxRunning: 100,
      stopGraceMs: 0,
      baseUrl: 'https://wb.example/lab',
      dedicatedTypes: [
        { name: 'tiny', cpuUnits: 128, memoryMib: 256, gpuCount: 0 },
        { name: 'gpu.big', cpuUnits: 8192, memoryMib: 32_768, gpuCount: 4 },
      ],
      functions: { RESTAPI_AUTH: undefined, RESTAPI_AUTH_STATIC_KEY: KEY, WB_STOP_SETTLE_SECONDS: 3 },
    });
  });

  test.each<[name: string, value: string]>([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80x'],
    ['WB_WORKBENCH_PORT', '1e3'],
    ['WB_GATE_PROXY', 'haproxy'],
    ['WB_GATE_PROXY_PORT', '65536'],
    ['WB_LOCAL_MAX_RUNNING', '0'],
    ['WB_LOCAL_MAX_RUNNING', '101'],
    ['WB_LOCAL_STOP_TIMEOUT_SECONDS', '301'],
    ['WB_LOCAL_EXPOSE', 'true'],
    ['WB_LOCAL_HOSTNAMES', 'http://wb.example'],
    ['WB_LOCAL_HOSTNAMES', 'WB.example'],
    ['WB_LOCAL_HOSTNAMES', '*'],
    ['WB_LOCAL_INSTANCE_TYPES', 'm6i.large'],
    ['WB_LOCAL_INSTANCE_TYPES', 'm6i.large:2048'],
    ['WB_LOCAL_INSTANCE_TYPES', 'm6i.large:0:7680'],
    ['WB_LOCAL_INSTANCE_TYPES', 'm6i.large:2048:7680:1:1'],
    ['BASE_URL', 'wb.example'],
  ])('refuse %s=%s', (name, value) => {
    expect(Object.keys(problemsOf({ [name]: value }))).toEqual([name]);
  });

  test('report all invalid settings together', () => {
    const problems = problemsOf({
      PORT: 'x',
      WB_LOCAL_MAX_RUNNING: 'x',
      WB_DEFAULT_RAM: 'x',
      RESTAPI_AUTH_JWT_KEY: 'short',
    });
    expect(Object.keys(problems).sort()).toEqual([
      'PORT',
      'RESTAPI_AUTH_JWT_KEY',
      'WB_DEFAULT_RAM',
      'WB_LOCAL_MAX_RUNNING',
    ]);
  });

  const exposed = { WB_LOCAL_EXPOSE: 'all-interfaces' };

  test('require a key and host names to allow other computers', () => {
    const hosts = { WB_LOCAL_HOSTNAMES: 'wb.example,10.0.0.7:8999' };
    const key = { RESTAPI_AUTH_STATIC_KEY: KEY };
    expect(Object.values(problemsOf(exposed))).toEqual(['an API that other computers can reach needs a key']);
    expect(Object.values(problemsOf({ ...exposed, ...hosts }))).toEqual([
      'an API that other computers can reach needs a key',
    ]);
    expect(Object.values(problemsOf({ ...exposed, ...key }))).toEqual([
      'list the host names that other computers use',
    ]);
    expect(readLocalSettings({ ...exposed, ...hosts, ...key })).toMatchObject({
      bindAddress: '0.0.0.0',
      hosts: ['wb.example', '10.0.0.7:8999'],
    });
  });

  test('listen on 127.0.0.1 only, even if host names are set', () => {
    expect(readLocalSettings({ WB_LOCAL_HOSTNAMES: 'wb.example' }).bindAddress).toBe('127.0.0.1');
  });

  test('name the proxy that forwards in the place of the gate', () => {
    const proxy = { WB_GATE_PROXY: 'traefik', BASE_URL: 'https://wb.example', WB_WORKBENCH_ADDRESS: 'host' };
    expect(readLocalSettings({}).proxy).toBeUndefined();
    expect(readLocalSettings(proxy).proxy).toEqual({ kind: 'traefik', port: 9000 });
    const messagesOf = (env: Record<string, string>) => Object.values(problemsOf({ ...proxy, ...env }));
    expect(messagesOf({ BASE_URL: '' })).toEqual([expect.stringContaining('set BASE_URL')]);
    expect(messagesOf({ WB_WORKBENCH_ADDRESS: 'prefix' })).toEqual([
      expect.stringContaining('hosts of their own'),
    ]);
    expect(messagesOf({ WB_WORKBENCH_PORT: '9000' })).toEqual(['the ports must differ']);
    expect(messagesOf({ PORT: '9000' })).toEqual(['the ports must differ']);
    expect(messagesOf({ WB_GATE_PROXY_PORT: '0', PORT: '0' })).toEqual([]);
    const exposed = {
      WB_LOCAL_EXPOSE: 'all-interfaces',
      WB_LOCAL_HOSTNAMES: 'wb.example',
      RESTAPI_AUTH_STATIC_KEY: KEY,
    };
    expect(messagesOf(exposed)).toEqual([expect.stringContaining('X-Forwarded-For')]);
  });

  test('require two different ports', () => {
    expect(Object.values(problemsOf({ PORT: '9000', WB_WORKBENCH_PORT: '9000' }))).toEqual(['must differ']);
    expect(problemsOf({ PORT: '0', WB_WORKBENCH_PORT: '0' })).toEqual({});
    const onHosts = { WB_WORKBENCH_ADDRESS: 'host' };
    const exposed = {
      WB_LOCAL_EXPOSE: 'all-interfaces',
      WB_LOCAL_HOSTNAMES: 'wb.example.org',
      RESTAPI_AUTH_STATIC_KEY: KEY,
    };
    expect(problemsOf(onHosts)).toEqual({});
    expect(problemsOf({ ...onHosts, ...exposed, BASE_URL: 'https://wb.example.org' })).toEqual({});
    expect(Object.values(problemsOf({ ...onHosts, ...exposed }))).toEqual([
      expect.stringContaining('do not reach names below localhost'),
    ]);
    for (const address of ['http://127.0.0.1:9001', 'http://[::1]:9001'])
      expect(Object.values(problemsOf({ ...onHosts, BASE_URL: address }))).toEqual([
        expect.stringContaining('an IP address has no names below it'),
      ]);
    expect(problemsOf({ ...onHosts, BASE_URL: 'http://localhost:9001' })).toEqual({});
    expect(Object.values(problemsOf({ ...onHosts, BASE_URL: 'http://wb.lan' }))).toEqual([
      expect.stringContaining('must be an https address'),
    ]);
    expect(Object.values(problemsOf({ ...onHosts, BASE_URL: 'https://wb.example.org/lab' }))).toEqual([
      expect.stringContaining('has no path'),
    ]);
  });

  test.each([
    [{}, 'host'],
    [{ BASE_URL: 'http://localhost:9001' }, 'host'],
    // Names below these hosts may not exist.
    [{ BASE_URL: 'https://wb.example.org' }, 'prefix'],
    [{ BASE_URL: 'http://127.0.0.1:9001' }, 'prefix'],
    [{ BASE_URL: 'http://localhost:9001/lab' }, 'prefix'],
    [{ WB_KEEP_PREFIX: 'always' }, 'prefix'],
    [
      {
        WB_LOCAL_EXPOSE: 'all-interfaces',
        WB_LOCAL_HOSTNAMES: 'wb.example.org',
        RESTAPI_AUTH_STATIC_KEY: KEY,
      },
      'prefix',
    ],
    [{ WB_WORKBENCH_ADDRESS: 'prefix' }, 'prefix'],
    [{ WB_WORKBENCH_ADDRESS: 'host' }, 'host'],
  ])('with %j serve workbenches by %s', (environment, mode) => {
    expect(readLocalSettings(environment as Record<string, string>).addressMode).toBe(mode);
  });

  test('refuse to keep the path of workbenches that have none', () => {
    const problems = problemsOf({ WB_WORKBENCH_ADDRESS: 'host', WB_KEEP_PREFIX: 'always' });
    expect(Object.values(problems).join()).toContain('remove WB_KEEP_PREFIX');
  });

  test('use WB_LOCAL_TOKEN as the static key of the API', () => {
    const { functions, localToken } = readLocalSettings({ WB_LOCAL_TOKEN: KEY });
    expect(functions).toMatchObject({ RESTAPI_AUTH: undefined, RESTAPI_AUTH_STATIC_KEY: KEY });
    expect(localToken).toBe(KEY);
  });

  test('close the API with an unknown key until the token of the data folder is known', () => {
    const [first, second] = [0, 1].map(() => readLocalSettings({ WB_LOCAL_TOKEN: 'auto' }));
    expect(first).toMatchObject({ localToken: 'auto', functions: { RESTAPI_AUTH: undefined } });
    const key = first?.functions.RESTAPI_AUTH_STATIC_KEY;
    expect(key).toMatch(/^[\w-]{32}$/);
    expect(second?.functions.RESTAPI_AUTH_STATIC_KEY).not.toBe(key);
  });

  test.each(['short', 'automatic', 'with a space in its text'])(
    'refuse the token "%s" without printing it',
    (token) => {
      const problems = problemsOf({ WB_LOCAL_TOKEN: token });
      expect(Object.keys(problems)).toEqual(['WB_LOCAL_TOKEN']);
      expect(problems.WB_LOCAL_TOKEN).not.toContain(token);
    },
  );

  test.each([
    ['RESTAPI_AUTH', { RESTAPI_AUTH: 'none' }],
    ['RESTAPI_AUTH_STATIC_KEY', { RESTAPI_AUTH_STATIC_KEY: KEY }],
    ['RESTAPI_AUTH_JWT_KEY', { RESTAPI_AUTH_JWT_KEY: KEY.repeat(2) }],
  ])('refuse WB_LOCAL_TOKEN with %s', (name, environment) => {
    for (const token of ['auto', KEY]) {
      expect(Object.values(problemsOf({ WB_LOCAL_TOKEN: token, ...environment }))).toContain(
        `it is the key of the API itself: remove ${name}`,
      );
    }
  });

  test.each([
    [
      'set one of them',
      { WB_LOCAL_TOKEN: KEY, WB_GATE_ISSUER: 'https://sso.example', WB_GATE_CLIENT_ID: 'wb' },
    ],
    ['an open API', { WB_GATE_ISSUER: 'https://sso.example', WB_GATE_CLIENT_ID: 'wb' }],
    ['set BASE_URL to one', { WB_LOCAL_TOKEN: KEY, BASE_URL: 'http://wb.lan' }],
    [
      'set BASE_URL to one',
      { WB_LOCAL_TOKEN: KEY, WB_LOCAL_EXPOSE: 'all-interfaces', WB_LOCAL_HOSTNAMES: 'wb.lan' },
    ],
    [
      'the issuer must know the address',
      { RESTAPI_AUTH_STATIC_KEY: KEY, WB_GATE_ISSUER: 'https://sso.example', WB_GATE_CLIENT_ID: 'wb' },
    ],
  ])('refuse a sign-in that cannot work: %s', (problem, environment) => {
    expect(Object.values(problemsOf(environment as Record<string, string>)).join()).toContain(problem);
  });

  test.each([
    { WB_LOCAL_TOKEN: KEY, BASE_URL: 'http://localhost:9001' },
    { WB_LOCAL_TOKEN: 'auto', BASE_URL: 'https://wb.example' },
    {
      RESTAPI_AUTH_STATIC_KEY: KEY,
      WB_GATE_ISSUER: 'https://sso.example',
      WB_GATE_CLIENT_ID: 'wb',
      WB_WORKBENCH_PORT: '9001',
    },
  ])('allow the sign-in of %j', (environment) => {
    expect(problemsOf(environment)).toEqual({});
  });

  test('do not disable authorization when a key is configured incompletely', () => {
    expect(Object.values(problemsOf({ RESTAPI_OIDC_AUDIENCE: 'workbenches' }))).toEqual([
      'set all three of them, or none',
    ]);
  });

  test('do not allow all origins to call an open API', () => {
    expect(Object.keys(problemsOf({ RESTAPI_CORS_ORIGIN: '*' }))).toEqual([
      'RESTAPI_AUTH, RESTAPI_CORS_ORIGIN',
    ]);
    expect(problemsOf({ RESTAPI_CORS_ORIGIN: '*', RESTAPI_AUTH_STATIC_KEY: KEY })).toEqual({});
  });

  test('treat an empty variable as absent', () => {
    expect(readLocalSettings({ PORT: '', RESTAPI_AUTH_STATIC_KEY: '', RESTAPI_AUTH: '' })).toMatchObject({
      port: 8999,
      functions: { RESTAPI_AUTH: 'none' },
    });
  });
});
