import { describe, expect, test } from 'vitest';
import { CONSOLE_RULES, CONSOLE_SETTINGS } from '#contract/settings/console-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { type Environment, parseSettings } from '#contract/settings/setting.ts';

const { RESTAPI_OIDC_ISSUER } = SETTINGS;
const read = (env: Environment) =>
  parseSettings({ ...CONSOLE_SETTINGS, RESTAPI_OIDC_ISSUER }, CONSOLE_RULES, env);

describe('the settings of the console', () => {
  test('are optional, also with an issuer that no browser reaches', () => {
    expect(read({ RESTAPI_OIDC_ISSUER: 'urn:internal' })).toMatchObject({
      WB_CONSOLE_CLIENT_ID: undefined,
      WB_CONSOLE_SCOPES: ['openid'],
      WB_CONSOLE_ISSUER_ORIGINS: [],
    });
  });

  test.each(['https://id.example.com/realms/a', 'http://127.0.0.1:8080/realms/a'])(
    'sign people in at %s',
    (issuer) => {
      const env = { WB_CONSOLE_CLIENT_ID: 'console', RESTAPI_OIDC_ISSUER: issuer };
      expect(read(env).WB_CONSOLE_CLIENT_ID).toBe('console');
    },
  );

  test.each([undefined, 'urn:internal', 'http://id.example.com', 'https://id.example.com/?tenant=a'])(
    'refuse a client without an issuer that browsers reach: %s',
    (issuer) => {
      expect(() => read({ WB_CONSOLE_CLIENT_ID: 'console', RESTAPI_OIDC_ISSUER: issuer })).toThrow(
        'RESTAPI_OIDC_ISSUER',
      );
    },
  );

  test.each([
    '*',
    "'unsafe-inline'",
    'https://*.example.com',
    'https://a.example.com; script-src *',
    'data:',
  ])('allow no requests to %s', (origin) => {
    expect(() => read({ WB_CONSOLE_ISSUER_ORIGINS: origin })).toThrow('WB_CONSOLE_ISSUER_ORIGINS');
  });

  test('require the scope openid', () => {
    expect(() => read({ WB_CONSOLE_SCOPES: 'profile' })).toThrow('WB_CONSOLE_SCOPES');
  });
});
