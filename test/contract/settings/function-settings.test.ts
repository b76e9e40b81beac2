import { describe, expect, it } from 'vitest';
import { readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import { readSettings } from '#contract/settings/read-settings.ts';
import { type Setting, SettingsError } from '#contract/settings/setting.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';

const open = { RESTAPI_AUTH: 'none', BASE_URL: 'https://wb.example.com' };

function problemsIn(env: Record<string, string>): Record<string, string> {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) {
      return Object.fromEntries(error.problems.map(({ name, problem }) => [name, problem]));
    }
    throw error;
  }
  return {};
}

describe('the function settings', () => {
  it('have the documented defaults', () => {
    const settings = readSettings(open);
    expect(settings).toMatchObject({
      RESTAPI_USER_CLAIM: 'sub',
      RESTAPI_ADMIN_SCOPE: 'workbench:admin',
      RESTAPI_AUTH_CACHE_SECONDS: 60,
      RESTAPI_CORS_ORIGIN: [],
      WB_DEFAULT_RAM: 2048,
      WB_DEFAULT_CPU: 1024,
      WB_DEFAULT_GPU: 0,
      WB_TABLE_NAME: 'workbenches',
      WB_MOUNT_PATH: '/workbench',
    });
    expect(settings.RESTAPI_AUTH_STATIC_KEY).toBeUndefined();
    expect(policyOf(settings)).toEqual(DEFAULT_POLICY);
  });

  it('have defaults within their bounds', () => {
    for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
      if (setting.default === undefined) continue;
      expect(() => readSettings({ ...open, [name]: String(setting.default) }), name).not.toThrow();
    }
  });

  it('have descriptions and readers', () => {
    for (const [name, setting] of Object.entries(SETTINGS)) {
      expect(setting.description, name).toMatch(/^[A-Z].*\.$/);
      expect(setting.readBy.length, name).toBeGreaterThan(0);
    }
  });

  it.each(['/data', '/opt/workbench', '/tmpfiles', '/srv/wb-1/files.d'])(
    'accept the mount path %s',
    (path) => {
      expect(problemsIn({ ...open, WB_MOUNT_PATH: path })).toEqual({});
    },
  );

  it.each(['/', 'data', '/data/', '/tmp', '/home/workbench', '/etc/x', '/data/../etc', '/data//x', '/a b'])(
    'refuse the mount path %s',
    (path) => {
      expect(problemsIn({ ...open, WB_MOUNT_PATH: path })).toHaveProperty('WB_MOUNT_PATH');
    },
  );

  it('are reported together if several are invalid', () => {
    expect(
      Object.keys(
        problemsIn({
          RESTAPI_AUTH: 'nobody',
          RESTAPI_AUTH_STATIC_KEY: 'short',
          RESTAPI_AUTH_CACHE_SECONDS: '61',
          RESTAPI_CORS_ORIGIN: 'https://app.example.com, app.example.com',
          RESTAPI_URL_PREFIX: 'api/',
          WB_DEFAULT_RAM: '2GB',
          WB_MAX_CPU: '100',
          WB_START_RETRY_SECONDS: '5',
        }),
      ).sort(),
    ).toEqual([
      'BASE_URL',
      'RESTAPI_AUTH',
      'RESTAPI_AUTH_CACHE_SECONDS',
      'RESTAPI_AUTH_STATIC_KEY',
      'RESTAPI_CORS_ORIGIN',
      'RESTAPI_URL_PREFIX',
      'WB_DEFAULT_RAM',
      'WB_MIN_CPU, WB_DEFAULT_CPU, WB_MAX_CPU',
      'WB_START_RETRY_SECONDS',
    ]);
  });

  it('refuse a retention whose deletions could not be restored', () => {
    const name = 'WB_RETENTION_DAYS, WB_DELETE_AFTER_HOURS';
    const problemOf = (days: string, hours: string) =>
      problemsIn({ ...open, WB_RETENTION_DAYS: days, WB_DELETE_AFTER_HOURS: hours })[name];
    expect(problemOf('90', '0')).toMatch(/needs WB_DELETE_AFTER_HOURS of at least 24/);
    expect(problemOf('90', '23')).toMatch(/needs WB_DELETE_AFTER_HOURS/);
    expect(problemOf('13', '24')).toBe('WB_RETENTION_DAYS must be 0 or at least 14');
    expect(problemOf('14', '24')).toBeUndefined();
    expect(problemOf('0', '0')).toBeUndefined();
    const settings = readSettings({ ...open, WB_RETENTION_DAYS: '14', WB_DELETE_AFTER_HOURS: '24' });
    expect(policyOf(settings)).toMatchObject({ retentionMs: 14 * 86_400_000, deleteAfterMs: 86_400_000 });
  });

  it('are reported with the expected and the found value', () => {
    const problems = problemsIn({ ...open, WB_DEFAULT_RAM: '2GB' });
    expect(problems.WB_DEFAULT_RAM).toBe('expected a whole number from 4 to 33,554,432; found "2GB"');
  });

  it('are reported without the value of a secret', () => {
    const env = {
      BASE_URL: open.BASE_URL,
      RESTAPI_AUTH_STATIC_KEY: 'hunter2',
      RESTAPI_AUTH_JWT_KEY: 'hunter2',
    };
    expect(() => readSettings(env)).toThrow(/RESTAPI_AUTH_STATIC_KEY: expected 16/);
    expect(() => readSettings(env)).not.toThrow(/hunter2/);
  });

  it('use the default for an empty variable', () => {
    expect(readSettings({ ...open, WB_DEFAULT_RAM: '', RESTAPI_AUTH_JWT_KEY: '' }).WB_DEFAULT_RAM).toBe(2048);
  });

  it('require a key or RESTAPI_AUTH=none', () => {
    expect(Object.values(problemsIn({ BASE_URL: open.BASE_URL })).join()).toContain('no key is configured');
  });

  it('reject RESTAPI_AUTH=none with a key', () => {
    expect(Object.values(problemsIn({ ...open, RESTAPI_AUTH_JWT_KEY: 'k'.repeat(32) })).join()).toContain(
      'contradicts',
    );
  });

  it('reject RESTAPI_AUTH=none with every origin', () => {
    expect(Object.values(problemsIn({ ...open, RESTAPI_CORS_ORIGIN: '*' })).join()).toContain(
      'list the origins',
    );
    expect(
      readSettings({
        BASE_URL: open.BASE_URL,
        RESTAPI_AUTH_STATIC_KEY: 'k'.repeat(16),
        RESTAPI_CORS_ORIGIN: '*',
      }).RESTAPI_CORS_ORIGIN,
    ).toEqual(['*']);
  });

  it('require all OIDC settings or none', () => {
    const problems = problemsIn({
      BASE_URL: open.BASE_URL,
      RESTAPI_OIDC_ISSUER: 'https://id.example.com/realms/wb',
    });
    expect(Object.values(problems).join()).toContain('all three');
  });

  it.each([
    ['https://id.example.com/certs', true],
    ['http://localhost:8080/certs', true],
    ['http://127.0.0.1:8080/certs', true],
    ['http://[::1]:8080/certs', true],
    ['http://id.example.com/certs', false],
    ['http://localhost.example.com/certs', false],
    ['https://user:pass@id.example.com/certs', false],
    ['file:///etc/keys', false],
    ['certs', false],
  ])('accept %s as the JWKS address: %s', (address, accepted) => {
    const env = { ...open, RESTAPI_OIDC_JWKS_URL: address };
    const problem = problemsIn(env).RESTAPI_OIDC_JWKS_URL;
    expect(problem === undefined).toBe(accepted);
  });

  it('remove the slash at the end of BASE_URL', () => {
    expect(readSettings({ ...open, BASE_URL: 'https://wb.example.com/a/' }).BASE_URL).toBe(
      'https://wb.example.com/a',
    );
  });

  it('ignore spaces around the items of a list', () => {
    const settings = readSettings({ ...open, RESTAPI_OIDC_SERVICE_CLIENTS: ' portal , batch,' });
    expect(settings.RESTAPI_OIDC_SERVICE_CLIENTS).toEqual(['portal', 'batch']);
  });

  it.each(['Infinity', '1e3', '0x10', '10.5', ' 10', '9999999999999999'])(
    'reject %j as a number',
    (written) => {
      expect(problemsIn({ ...open, WB_DEFAULT_RAM: written })).toHaveProperty('WB_DEFAULT_RAM');
    },
  );

  it('limit the agent timeout to at least five minutes, since it ends running workbenches', () => {
    const { WB_AGENT_SILENT_TIMEOUT_SECONDS } = SETTINGS;
    expect(WB_AGENT_SILENT_TIMEOUT_SECONDS.description).toMatch(/^Ends every running workbench/);
    expect(problemsIn({ ...open, WB_AGENT_SILENT_TIMEOUT_SECONDS: '300' })).toEqual({});
    expect(problemsIn({ ...open, WB_AGENT_SILENT_TIMEOUT_SECONDS: '299' })).toEqual({
      WB_AGENT_SILENT_TIMEOUT_SECONDS: 'expected a whole number from 300 to 604,800; found "299"',
    });
  });

  it('can be read in part, with the rules for that part only', () => {
    expect(readDeployedSettings(open, ['BASE_URL', 'WB_TABLE_NAME'])).toEqual({
      BASE_URL: 'https://wb.example.com',
      WB_TABLE_NAME: 'workbenches',
    });
    expect(() =>
      readDeployedSettings({ WB_MAX_RAM: '512' }, ['WB_MIN_RAM', 'WB_DEFAULT_RAM', 'WB_MAX_RAM']),
    ).toThrow('at least the one before it');
  });
});
