import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_INSTANCE_TYPES } from '#lib/instance-types.ts';
import { minimumCapacityOf, providerPriceOf } from '#lib/settings/capacity.ts';
import { parseStage } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { MINIMAL_STAGE, someStage } from '../some-stage.ts';

function faultsOf(changes: object): Readonly<Record<string, string>> {
  try {
    parseStage('some', { ...MINIMAL_STAGE, ...changes });
    return {};
  } catch (error) {
    if (!(error instanceof StageSettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, problem }) => [path, problem]));
  }
}

const provider = (changes: object) => ({
  capacityProviders: [{ ...MINIMAL_STAGE.capacityProviders[0], ...changes }],
});

describe('the settings of a stage', () => {
  it('need very little, and fill in the rest', () => {
    expect(someStage()).toMatchObject({
      stage: 'some',
      installation: 'workbench-some',
      image: { tag: 'latest', uid: 1000, gid: 1000, architecture: 'x86_64' },
      storage: { fileSystems: 1, backupRetentionDays: 35 },
      api: { corsOrigins: [], authCacheSeconds: 60 },
      ecs: { awsvpcTrunking: false },
    });
  });

  it('tell every fault at once, each with its path', () => {
    const faults = faultsOf({
      production: 'yes',
      auth: { staticKey: 1, unknown: 2 },
      capacityProviders: [
        { name: 'a', instanceTypes: ['m6i.large', { name: 'x', vcpus: 0 }], maxInstances: 0 },
        7,
      ],
      functions: { WB_FOO: 1 },
      network: { existing: { vpcId: 'vpc-1' } },
      logs: { retentionDays: 2 },
      nonsense: true,
    });
    expect(Object.keys(faults).sort()).toEqual([
      'auth.staticKey',
      'auth.unknown',
      'capacityProviders[0].instanceTypes[1].memoryMib',
      'capacityProviders[0].instanceTypes[1].name',
      'capacityProviders[0].instanceTypes[1].vcpus',
      'capacityProviders[0].maxInstances',
      'capacityProviders[1]',
      'functions.WB_FOO',
      'logs.retentionDays',
      'network.existing.privateSubnets',
      'network.existing.vpcId',
      'network.existing.zones',
      'nonsense',
      'production',
    ]);
    expect(faults['capacityProviders[0].maxInstances']).toBe(
      'expected a whole number from 1 to 1,000; found 0',
    );
  });

  it('tell the faults between settings of which each is in order, whatever else is wrong', () => {
    expect(Object.keys(faultsOf({ production: true, region: 'nowhere' })).sort()).toEqual([
      'alarms.email',
      'image.tag',
      'region',
    ]);
  });

  it('are an object', () => {
    expect(() => parseStage('some', [])).toThrow('settings/some.json is not valid:\n  expected an object');
  });
});

describe('access', () => {
  it('is never open unless the settings say so in words', () => {
    const { auth: _, ...withoutAuth } = MINIMAL_STAGE;
    expect(() => parseStage('some', withoutAuth)).toThrow('auth: is required');
    expect(faultsOf({ auth: {} })).toEqual({ auth: expect.stringContaining('the word `none`') });
    expect(faultsOf({ auth: 'open' })).toEqual({ auth: expect.stringContaining('expected `none` or') });
    expect(faultsOf({ auth: 'none' })).toEqual({});
  });

  it('by two kinds of keys needs a secret that holds both', () => {
    const secretArn = 'arn:aws:secretsmanager:us-west-1:123456789012:secret:keys-AbCdEf';
    expect(faultsOf({ auth: { staticKey: true, jwtKey: true } })).toHaveProperty(['auth.secretArn']);
    expect(faultsOf({ auth: { staticKey: true, jwtKey: true, secretArn } })).toEqual({});
    const oidc = { issuer: 'https://id.example', audience: 'api', jwksUrl: 'https://id.example/certs' };
    expect(faultsOf({ auth: { oidc, secretArn } })).toHaveProperty(['auth.secretArn']);
    expect(faultsOf({ auth: { oidc } })).toEqual({});
  });

  it('without a key is not open to every web page', () => {
    expect(faultsOf({ auth: 'none', api: { corsOrigins: ['*'] } })).toHaveProperty(['auth, api.corsOrigins']);
  });
});

describe('what the functions would refuse', () => {
  it('is a fault of the setting from which it comes', () => {
    expect(faultsOf({ baseUrl: 'https://example.com?a=b' })).toHaveProperty(['baseUrl']);
    expect(faultsOf({ functions: { WB_MIN_RAM: 4, WB_MAX_RAM: 'much' } })).toEqual({
      'functions.WB_MAX_RAM': expect.stringContaining('found "much"'),
    });
    expect(faultsOf({ functions: { WB_MIN_RAM: 9000 } })).toEqual({
      'functions.WB_MIN_RAM, functions.WB_DEFAULT_RAM, functions.WB_MAX_RAM': 'each value must be at least the one before it',
    });
    const oidc = { issuer: 'https://id.example', audience: 'api', jwksUrl: 'http://id.example/certs' };
    expect(faultsOf({ auth: { oidc } })).toHaveProperty(['auth.oidc.jwksUrl']);
  });
});

describe('production', () => {
  const production = { production: true, alarms: { email: 'ops@example.com' } };

  it('takes a pinned image alone', () => {
    expect(faultsOf({ ...production, image: { tag: 'latest' } })).toHaveProperty(['image.tag']);
    expect(faultsOf({ ...production, image: { tag: '1.2.3' } })).toEqual({});
    expect(faultsOf({ ...production, image: { digest: `sha256:${'0'.repeat(64)}` } })).toEqual({});
  });

  it('has somebody who is told of alarms', () => {
    expect(faultsOf({ production: true, image: { tag: '1.2.3' } })).toHaveProperty(['alarms.email']);
  });
});

describe('size classes', () => {
  it('are of types that are known, or given with their size', () => {
    expect(faultsOf(provider({ instanceTypes: ['x9.huge'] }))).toEqual({
      'capacityProviders[0].instanceTypes[0]': expect.stringContaining('give its size'),
    });
    const huge = { name: 'x9.huge', vcpus: 64, memoryMib: 262_144, pricePerHour: 9 };
    expect(faultsOf(provider({ instanceTypes: [huge] }))).toEqual({});
    const { pricePerHour: _, ...unpriced } = huge;
    expect(faultsOf(provider({ instanceTypes: [unpriced] }))).toHaveProperty([
      'capacityProviders[0].pricePerHour',
    ]);
  });

  it('on spot machines say what they cost', () => {
    expect(faultsOf(provider({ spot: true }))).toHaveProperty(['capacityProviders[0].pricePerHour']);
    expect(faultsOf(provider({ spot: true, pricePerHour: 0.06 }))).toEqual({});
  });

  it('run what the image is built for', () => {
    const arm = { name: 'm9g.large', vcpus: 2, memoryMib: 8192, architecture: 'arm64', pricePerHour: 0.1 };
    expect(faultsOf(provider({ instanceTypes: [arm] }))).toEqual({
      'capacityProviders[0].instanceTypes': 'the image is built for x86_64',
    });
    const image = { tag: 'latest', architecture: 'arm64' };
    expect(faultsOf({ ...provider({ instanceTypes: [arm] }), image })).toEqual({});
  });

  it('have one name each, and as many GPUs on every machine', () => {
    const [first] = MINIMAL_STAGE.capacityProviders;
    expect(faultsOf({ capacityProviders: [first, first] })).toHaveProperty(['capacityProviders[1].name']);
    expect(faultsOf(provider({ instanceTypes: ['m6i.xlarge', 'g5.xlarge'] }))).toHaveProperty([
      'capacityProviders[0].instanceTypes',
    ]);
  });

  it('promise what the smallest of their machines holds, at the price of the dearest', () => {
    expect(minimumCapacityOf('mixed', ['m6i.xlarge', 'c6i.2xlarge'])).toEqual({
      name: 'mixed',
      cpuUnits: 4096,
      // 0.9 of 16 GiB.
      memoryMib: 14_745,
      gpuCount: 0,
    });
    expect(providerPriceOf({ spot: false, instanceTypes: ['m6i.xlarge', 'c6i.2xlarge'] })).toBe(0.34);
  });

  const anyType = fc.oneof(
    fc.constantFrom(...Object.keys(KNOWN_INSTANCE_TYPES), 'x9.huge'),
    fc.record(
      {
        name: fc.constantFrom('a.b', 'M!'),
        vcpus: fc.integer({ min: -1, max: 2000 }),
        memoryMib: fc.integer({ min: 0, max: 1_000_000 }),
        gpus: fc.nat(2),
        architecture: fc.constantFrom('x86_64', 'arm64'),
        pricePerHour: fc.double({ min: -1, max: 20, noNaN: true }),
      },
      { requiredKeys: ['name', 'vcpus', 'memoryMib'] },
    ),
  );
  const anyProvider = fc.record(
    {
      name: fc.constantFrom('small', 'large', 'gpu', 'Not a name'),
      instanceTypes: fc.array(anyType, { maxLength: 3 }),
      maxInstances: fc.integer({ min: -1, max: 1100 }),
      spot: fc.boolean(),
      pricePerHour: fc.double({ min: -1, max: 20, noNaN: true }),
    },
    { requiredKeys: ['name', 'instanceTypes', 'maxInstances'] },
  );

  it('are either in order, and then promise something at a price, or their faults are named', () => {
    fc.assert(
      fc.property(fc.array(anyProvider, { maxLength: 4 }), (capacityProviders) => {
        const faults = faultsOf({ capacityProviders });
        if (Object.keys(faults).length > 0) {
          for (const path of Object.keys(faults)) expect(path).toMatch(/^capacityProviders(\[\d\]\.?|$)/);
          return;
        }
        for (const setting of someStage({ capacityProviders }).capacityProviders) {
          const { cpuUnits, memoryMib } = minimumCapacityOf(setting.name, setting.instanceTypes);
          expect(cpuUnits).toBeGreaterThan(0);
          expect(memoryMib).toBeGreaterThan(0);
          expect(providerPriceOf(setting)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('the network', () => {
  const existing = {
    vpcId: 'vpc-0123456789abcdef0',
    zones: ['us-west-1a', 'us-west-1c'],
    privateSubnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  };

  it('is made or given, not both', () => {
    expect(faultsOf({ network: { existing } })).toEqual({});
    expect(faultsOf({ network: { own: { zones: 3 } } })).toEqual({});
    expect(faultsOf({ network: { own: {}, existing } })).toHaveProperty(['network']);
  });

  it('that is given has a subnet in each zone', () => {
    const network = { existing: { ...existing, zones: ['us-west-1a'] } };
    expect(faultsOf({ network })).toHaveProperty(['network.existing.privateSubnets']);
  });

  it('has no more ways out than zones', () => {
    expect(faultsOf({ network: { own: { zones: 2, natGateways: 3 } } })).toHaveProperty([
      'network.own.natGateways',
    ]);
  });
});
