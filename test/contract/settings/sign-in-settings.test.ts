import { describe, expect, it, test } from 'vitest';
import { readGateSettings } from '#contract/settings/gate-settings.ts';

const CLIENT = { WB_GATE_CLIENT_ID: 'gate' };

describe('the settings of the sign-in', () => {
  it('are optional', () => {
    expect(readGateSettings({})).toMatchObject({ WB_GATE_ISSUER: undefined, WB_GATE_SCOPES: ['openid'] });
  });

  test.each([
    'https://login.example.com',
    'https://login.example.com/realms/workbench',
    'https://login.example.com/application/o/workbench/',
    'http://localhost:8080/realms/workbench',
    'http://[::1]:8080/realms/workbench',
  ])('accept the issuer %s as it is written', (issuer) => {
    expect(readGateSettings({ ...CLIENT, WB_GATE_ISSUER: issuer }).WB_GATE_ISSUER).toBe(issuer);
  });

  test.each([
    'http://login.example.com',
    'https://user@login.example.com',
    'https://login.example.com/?x',
    'http://localhost.evil.example/',
    'login.example.com',
  ])('refuse the issuer %s', (issuer) => {
    expect(() => readGateSettings({ ...CLIENT, WB_GATE_ISSUER: issuer })).toThrow('WB_GATE_ISSUER');
  });

  test.each([CLIENT, { WB_GATE_ISSUER: 'https://login.example.com' }])('refuse %j alone', (env) => {
    expect(() => readGateSettings(env)).toThrow('set both of them, or none');
  });

  it('require the scope openid', () => {
    expect(() => readGateSettings({ WB_GATE_SCOPES: 'profile' })).toThrow('WB_GATE_SCOPES');
    expect(readGateSettings({ WB_GATE_SCOPES: 'openid, profile' }).WB_GATE_SCOPES).toEqual([
      'openid',
      'profile',
    ]);
  });

  it('never show the secret of the client', () => {
    expect(() => readGateSettings({ WB_GATE_CLIENT_SECRET: 'with a space' })).toThrow(
      /^(?!.*with a space).*WB_GATE_CLIENT_SECRET/s,
    );
  });
});
