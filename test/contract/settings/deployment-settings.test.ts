import { describe, expect, it } from 'vitest';
import { formatInstanceTypes, formatProviders } from '#contract/settings/capacity-settings.ts';
import {
  DEPLOYMENT_SETTINGS,
  type DeployedSettingName,
  type DeploymentSettingName,
  readDeployedSettings,
} from '#contract/settings/deployment-settings.ts';
import { type Setting, SettingsError } from '#contract/settings/setting.ts';

function problemsIn(env: Record<string, string>, names: readonly DeployedSettingName[]) {
  try {
    readDeployedSettings(env, names);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({ name, problem }) => [name, problem]));
  }
  return {};
}

/** The value of a setting that no rule relates to others. */
function readOne<N extends DeploymentSettingName>(name: N, written: string) {
  return readDeployedSettings({ [name]: written }, [name])[name];
}

function isAccepted(name: DeploymentSettingName, written: string): boolean {
  return Object.keys(problemsIn({ [name]: written }, [name])).length === 0;
}

const PROVIDER = {
  ...{ name: 'cpu', cpuUnits: 8192, memoryMib: 14_000, gpuCount: 0, interfaces: 40 },
  ...{ price: 0.34, diskPrice: 8 },
};
const WRITTEN = ['cpu', 8192, 14_000, 0, 40, 40, 3, 0.34, 8] as const;
/** The written form with another value at one index. */
const writtenWith = (index: number, value: unknown) => WRITTEN.map((old, at) => (at === index ? value : old));
const TYPE = { name: 'm6i.large', cpuUnits: 2048, memoryMib: 7680, gpuCount: 0 };

describe('the deployment settings', () => {
  it('have descriptions and readers', () => {
    for (const [name, setting] of Object.entries(DEPLOYMENT_SETTINGS) as [string, Setting<unknown>][]) {
      expect(setting.description, name).toMatch(/^[A-Z].*\.$/);
      expect(setting.readBy.length, name).toBeGreaterThan(0);
    }
  });

  it('are read by name, without validating others', () => {
    const env = { WB_TABLE_NAME: 'table', WB_QUEUE_URL: 'not an address' };
    expect(readDeployedSettings(env, ['WB_TABLE_NAME'])).toEqual({ WB_TABLE_NAME: 'table' });
  });

  it('are reported together if several are invalid', () => {
    const problems = problemsIn({ WB_IMAGE_UID: '0', WB_CLUSTER: 'a b' }, [
      'WB_IMAGE_UID',
      'WB_CLUSTER',
      'WB_QUEUE_URL',
    ]);
    expect(Object.keys(problems)).toEqual(
      ['WB_CLUSTER', 'WB_IMAGE_UID', 'WB_QUEUE_URL'].sort(
        (a, b) => Object.keys(DEPLOYMENT_SETTINGS).indexOf(a) - Object.keys(DEPLOYMENT_SETTINGS).indexOf(b),
      ),
    );
  });

  it('can be lists that must not be empty', () => {
    expect(readOne('WB_SUBNETS', 'subnet-0123456789abcdef0, subnet-0123456789abcdef1')).toEqual([
      'subnet-0123456789abcdef0',
      'subnet-0123456789abcdef1',
    ]);
    expect(problemsIn({}, ['WB_SUBNETS'])).toEqual({
      WB_SUBNETS: 'is required; expected 1 to 16 subnet ids, separated by commas',
    });
    expect(isAccepted('WB_SUBNETS', ' , ')).toBe(false);
  });

  it('contain capacity providers as JSON', () => {
    const provider = { ...PROVIDER, trunkedInterfaces: 40, untrunkedInterfaces: 3 };
    expect(formatProviders([provider])).toBe(JSON.stringify([WRITTEN]));
    expect(readOne('WB_CAPACITY_PROVIDERS', formatProviders([provider]))).toEqual([provider]);
    expect(readOne('WB_CAPACITY_PROVIDERS', formatProviders([PROVIDER]))).toEqual([
      { ...PROVIDER, trunkedInterfaces: 40, untrunkedInterfaces: 40 },
    ]);
    expect(readDeployedSettings({}, ['WB_CAPACITY_PROVIDERS']).WB_CAPACITY_PROVIDERS).toEqual([]);
  });

  it.each([
    ['malformed JSON', '[{'],
    ['a provider instead of a list', JSON.stringify(WRITTEN)],
    ['a name twice', JSON.stringify([WRITTEN, writtenWith(7, 1)])],
    ['no price', JSON.stringify([WRITTEN.slice(0, 7)])],
    ['no price of the disk', JSON.stringify([WRITTEN.slice(0, 8)])],
    ['a negative price', JSON.stringify([writtenWith(7, -1)])],
    ['half a unit', JSON.stringify([writtenWith(1, 0.5)])],
    ['no network interface', JSON.stringify([writtenWith(4, 0)])],
    ['an unknown value', JSON.stringify([[...WRITTEN, true]])],
    ['too many items', JSON.stringify(Array.from({ length: 21 }, (_, n) => writtenWith(0, `p${n}`)))],
    ['a long name', JSON.stringify([writtenWith(0, 'p'.repeat(256))])],
  ])('reject capacity providers with %s', (_, written) => {
    expect(isAccepted('WB_CAPACITY_PROVIDERS', written)).toBe(false);
  });

  it('contain instance types, each once', () => {
    expect(readOne('WB_INSTANCE_TYPES', formatInstanceTypes([TYPE]))).toEqual([TYPE]);
    expect(isAccepted('WB_INSTANCE_TYPES', formatInstanceTypes([TYPE, TYPE]))).toBe(false);
  });

  it('contain the price of the disk of a host', () => {
    expect(readOne('WB_HOST_DISK_PRICE', '8.5')).toBe(8.5);
    expect(readDeployedSettings({}, ['WB_HOST_DISK_PRICE']).WB_HOST_DISK_PRICE).toBe(0);
    expect(isAccepted('WB_HOST_DISK_PRICE', '-1')).toBe(false);
    expect(isAccepted('WB_HOST_DISK_PRICE', '"1"')).toBe(false);
  });

  it('contain the mounts of file systems', () => {
    const mounts = { 'fs-0123456789abcdef0': '/mnt/volumes' };
    expect(readOne('WB_JANITOR_MOUNTS', JSON.stringify(mounts))).toEqual(mounts);
    expect(isAccepted('WB_JANITOR_MOUNTS', '{"fs-0123456789abcdef0":"relative"}')).toBe(false);
    expect(isAccepted('WB_JANITOR_MOUNTS', '{"a file system":"/mnt"}')).toBe(false);
  });

  it.each([
    ['WB_LAUNCH_TEMPLATE', 'lt-0123456789abcdef0:3', true],
    ['WB_LAUNCH_TEMPLATE', 'lt-0123456789abcdef0:$Latest', true],
    ['WB_LAUNCH_TEMPLATE', 'lt-0123456789abcdef0', false],
    ['WB_EXECUTION_ROLE_ARN', 'arn:aws:iam::123456789012:role/path/execution', true],
    ['WB_EXECUTION_ROLE_ARN', 'execution', false],
    ['WB_AUTH_SECRET_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:wb/auth-AbCdEf', true],
    ['WB_AUTH_SECRET_ARN', 'a-static-key-by-mistake', false],
    ['WB_QUEUE_URL', 'https://sqs.eu-west-1.amazonaws.com/123456789012/work', true],
    ['WB_QUEUE_URL', 'http://sqs.example.com/work', false],
    ['WB_JANITOR_FUNCTIONS', 'janitor-1', true],
    ['WB_JANITOR_FUNCTIONS', 'arn:aws:lambda:eu-west-1:123456789012:function:janitor-1', true],
    ['WB_JANITOR_FUNCTIONS', 'a janitor', false],
    ['WB_IMAGE_UID', '0', false],
  ] as const)('accept %s %s: %s', (name, written, accepted) => {
    expect(isAccepted(name, written)).toBe(accepted);
  });

  it('require a janitor for each file system', () => {
    const names = ['WB_FILE_SYSTEMS', 'WB_JANITOR_FUNCTIONS'] as const;
    const WB_FILE_SYSTEMS = 'fs-0123456789abcdef0,fs-0123456789abcdef1';
    expect(problemsIn({ WB_FILE_SYSTEMS, WB_JANITOR_FUNCTIONS: 'one' }, names)).toEqual({
      'WB_FILE_SYSTEMS, WB_JANITOR_FUNCTIONS': 'must have the same number of items',
    });
    expect(problemsIn({ WB_FILE_SYSTEMS, WB_JANITOR_FUNCTIONS: 'one,two' }, names)).toEqual({});
  });

  it('require a launch template for GPU types', () => {
    const names = ['WB_GPU_LAUNCH_TEMPLATE', 'WB_GPU_INSTANCE_TYPES'] as const;
    expect(Object.values(problemsIn({ WB_GPU_INSTANCE_TYPES: 'g5.xlarge' }, names))).toEqual([
      'set the launch template for these instance types',
    ]);
    expect(problemsIn({}, names)).toEqual({});
  });

  it('require a key or an issuer for the authorizer', () => {
    const names = ['WB_AUTH_SECRET_ARN', 'RESTAPI_OIDC_ISSUER'] as const;
    expect(Object.values(problemsIn({}, names))).toEqual([
      'set one of them; without a key the authorizer refuses every request',
    ]);
    expect(problemsIn({ RESTAPI_OIDC_ISSUER: 'https://id.example.com' }, names)).toEqual({});
  });
});
