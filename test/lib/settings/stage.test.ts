import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_INSTANCE_TYPES } from '#lib/instance-types.ts';
import { minimumCapacityOf, providerCapacityOf, providerPriceOf } from '#lib/settings/capacity.ts';
import { toEnvironment } from '#lib/settings/function-settings.ts';
import { parseStage } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { MINIMAL_STAGE, someStage } from '../some-stage.ts';

function findProblems(changes: object): Readonly<Record<string, string>> {
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
  it('have defaults for most values', () => {
    expect(someStage()).toMatchObject({
      stage: 'some',
      installation: 'workbench-some',
      image: { tag: 'latest', uid: 1000, gid: 1000, architecture: 'x86_64' },
      storage: { fileSystems: 1, backupRetentionDays: 35 },
      api: { corsOrigins: [], authCacheSeconds: 60 },
      ecs: { awsvpcTrunking: 'role' },
    });
  });

  it('have templates as a list, which the functions receive as JSON', () => {
    const templates = [{ name: 'gpu', title: 'GPU', requested_gpu: 1, idle_stop_minutes: 60 }];
    const stage = someStage({ templates });
    expect(stage.templates).toEqual(templates);
    expect(toEnvironment(stage)).toMatchObject({ WB_TEMPLATES: JSON.stringify(templates) });
    expect(findProblems({ templates: [{ name: 'a b', title: '', idle_stop_minutes: 1 }] })).toMatchObject({
      'templates[0].name': expect.stringContaining('lower-case letters'),
      'templates[0].title': expect.stringContaining('1 to 60 characters'),
      'templates[0].idle_stop_minutes': expect.stringContaining('15 to 1,440'),
    });
    const [[path = '', problem] = []] = Object.entries(
      findProblems({ templates: [{ name: 'a', title: 'A', size: 'x' }] }),
    );
    expect([path.split(', ')[0], problem]).toEqual(['templates', expect.stringContaining('`a` has a size')]);
    const long = Array.from({ length: 20 }, (_, n) => ({
      name: `t${n}`,
      title: 'T',
      description: 'd'.repeat(90),
    }));
    expect(findProblems({ templates: long })).toMatchObject({
      templates: expect.stringContaining('2048 bytes'),
    });
  });

  it('report all errors at once with their paths', () => {
    const problems = findProblems({
      production: 'yes',
      auth: { staticKey: 1, unknown: 2 },
      capacityProviders: [
        { name: 'a', instanceTypes: ['m6i.large', { name: 'x', vcpus: 0 }], maxInstances: 0 },
        7,
      ],
      functions: { WB_FOO: 1, WB_TEMPLATES: '[]' },
      network: { existing: { vpcId: 'vpc-1' } },
      logs: { retentionDays: 2 },
      nonsense: true,
    });
    expect(Object.keys(problems).sort()).toEqual([
      'auth.staticKey',
      'auth.unknown',
      'capacityProviders[0].instanceTypes[1].memoryMib',
      'capacityProviders[0].instanceTypes[1].name',
      'capacityProviders[0].instanceTypes[1].networkInterfaces',
      'capacityProviders[0].instanceTypes[1].vcpus',
      'capacityProviders[0].maxInstances',
      'capacityProviders[1]',
      'functions.WB_FOO',
      'functions.WB_TEMPLATES',
      'logs.retentionDays',
      'network.existing.privateSubnets',
      'network.existing.vpcId',
      'network.existing.zones',
      'nonsense',
      'production',
    ]);
    expect(problems['capacityProviders[0].maxInstances']).toBe(
      'expected a whole number from 1 to 1,000; found 0',
    );
  });

  it('report violated rules between valid settings in addition to other errors', () => {
    expect(Object.keys(findProblems({ production: true, region: 'nowhere' })).sort()).toEqual([
      'alarms.email',
      'image.tag',
      'region',
    ]);
  });

  it('must be an object', () => {
    expect(() => parseStage('some', [])).toThrow('stages/some.json is not valid:\n  expected an object');
  });
});

describe('authentication', () => {
  it('is disabled only by the value `none`', () => {
    const { auth: _, ...withoutAuth } = MINIMAL_STAGE;
    expect(() => parseStage('some', withoutAuth)).toThrow('auth: is required');
    expect(findProblems({ auth: {} })).toEqual({
      auth: expect.stringContaining('or `none` instead of the object'),
    });
    expect(findProblems({ auth: 'open' })).toEqual({ auth: expect.stringContaining('expected `none` or') });
    expect(findProblems({ auth: 'none' })).toEqual({});
  });

  it('with two kinds of keys requires a secret with both', () => {
    const secretArn = 'arn:aws:secretsmanager:us-west-1:123456789012:secret:keys-AbCdEf';
    expect(findProblems({ auth: { staticKey: true, jwtKey: true } })).toHaveProperty(['auth.secretArn']);
    expect(findProblems({ auth: { staticKey: true, jwtKey: true, secretArn } })).toEqual({});
    const secretKeyArn = 'arn:aws:kms:us-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-123456789012';
    expect(findProblems({ auth: { staticKey: true, secretArn, secretKeyArn } })).toEqual({});
    expect(findProblems({ auth: { staticKey: true, secretKeyArn } })).toHaveProperty(['auth.secretKeyArn']);
    const oidc = { issuer: 'https://id.example', audience: 'api', jwksUrl: 'https://id.example/certs' };
    expect(findProblems({ auth: { oidc, secretArn } })).toHaveProperty(['auth.secretArn']);
    expect(findProblems({ auth: { oidc } })).toEqual({});
  });

  it('must not be disabled if every origin is allowed', () => {
    expect(findProblems({ auth: 'none', api: { corsOrigins: ['*'] } })).toHaveProperty([
      'auth, api.corsOrigins',
    ]);
  });
});

describe('settings of the functions', () => {
  it('are reported with the path of the stage setting if they are invalid', () => {
    expect(findProblems({ baseUrl: 'https://example.com?a=b' })).toHaveProperty(['baseUrl']);
    expect(findProblems({ functions: { WB_MIN_RAM: 4, WB_MAX_RAM: 'much' } })).toEqual({
      'functions.WB_MAX_RAM': expect.stringContaining('found "much"'),
    });
    expect(findProblems({ functions: { WB_MIN_RAM: 9000 } })).toEqual({
      'functions.WB_MIN_RAM, functions.WB_DEFAULT_RAM, functions.WB_MAX_RAM':
        'each value must be at least the one before it',
    });
    const oidc = { issuer: 'https://id.example', audience: 'api', jwksUrl: 'http://id.example/certs' };
    expect(findProblems({ auth: { oidc } })).toHaveProperty(['auth.oidc.jwksUrl']);
  });
});

describe('production', () => {
  const production = { production: true, alarms: { email: 'ops@example.com' } };

  it('requires a pinned image', () => {
    expect(findProblems({ ...production, image: { tag: 'latest' } })).toHaveProperty(['image.tag']);
    expect(findProblems({ ...production, image: { tag: '1.2.3' } })).toEqual({});
    expect(findProblems({ ...production, image: { digest: `sha256:${'0'.repeat(64)}` } })).toEqual({});
  });

  it('requires an address for alarms', () => {
    expect(findProblems({ production: true, image: { tag: '1.2.3' } })).toHaveProperty(['alarms.email']);
  });
});

describe('capacity providers', () => {
  it('have types that are known or that have a size', () => {
    expect(findProblems(provider({ instanceTypes: ['x9.huge'] }))).toEqual({
      'capacityProviders[0].instanceTypes[0]': expect.stringContaining('add its size'),
    });
    const huge = { name: 'x9.huge', vcpus: 64, memoryMib: 262_144, networkInterfaces: 8, pricePerHour: 9 };
    expect(findProblems(provider({ instanceTypes: [huge] }))).toEqual({});
    const { pricePerHour: _, ...unpriced } = huge;
    expect(findProblems(provider({ instanceTypes: [unpriced] }))).toHaveProperty([
      'capacityProviders[0].pricePerHour',
    ]);
  });

  it('with spot instances require a price', () => {
    expect(findProblems(provider({ spot: true }))).toHaveProperty(['capacityProviders[0].pricePerHour']);
    expect(findProblems(provider({ spot: true, pricePerHour: 0.06 }))).toEqual({});
  });

  it('have the architecture of the image', () => {
    const arm = {
      name: 'm9g.large',
      vcpus: 2,
      memoryMib: 8192,
      architecture: 'arm64',
      networkInterfaces: 3,
      pricePerHour: 0.1,
    };
    expect(findProblems(provider({ instanceTypes: [arm] }))).toEqual({
      'capacityProviders[0].instanceTypes': 'all types must have the architecture of the image, x86_64',
    });
    const image = { tag: 'latest', architecture: 'arm64' };
    expect(findProblems({ ...provider({ instanceTypes: [arm] }), image })).toEqual({});
  });

  it('have unique names, and the same number of GPUs on every instance', () => {
    const [first] = MINIMAL_STAGE.capacityProviders;
    expect(findProblems({ capacityProviders: [first, first] })).toHaveProperty(['capacityProviders[1].name']);
    expect(findProblems(provider({ instanceTypes: ['m6i.xlarge', 'g5.xlarge'] }))).toHaveProperty([
      'capacityProviders[0].instanceTypes',
    ]);
  });

  it('have disks with the throughput that gp3 volumes allow', () => {
    for (const diskThroughput of [124, 751, 250.5])
      expect(findProblems(provider({ diskThroughput }))).toHaveProperty([
        'capacityProviders[0].diskThroughput',
      ]);
    for (const diskThroughput of [125, 750]) expect(findProblems(provider({ diskThroughput }))).toEqual({});
  });

  it('have the capacity of their smallest type and the price of the most expensive', () => {
    expect(minimumCapacityOf('mixed', ['m6i.xlarge', 'c6i.2xlarge'])).toEqual({
      name: 'mixed',
      cpuUnits: 4096,
      // 0.9 of 16 GiB.
      memoryMib: 14_745,
      gpuCount: 0,
    });
    expect(providerPriceOf({ spot: false, instanceTypes: ['m6i.xlarge', 'c6i.2xlarge'] })).toBe(0.34);
  });

  it('have the network interfaces of their smallest type, with and without a trunk', () => {
    const interfacesOf = (types: readonly string[], trunking: boolean) => {
      const { name, cpuUnits, memoryMib, gpuCount, ...interfaces } = providerCapacityOf('p', types, trunking);
      return interfaces;
    };
    expect(interfacesOf(['m6i.2xlarge'], true)).toEqual({ interfaces: 40, untrunkedInterfaces: 3 });
    expect(interfacesOf(['m6i.2xlarge'], false)).toEqual({ interfaces: 3, trunkedInterfaces: 40 });
    expect(interfacesOf(['m6i.2xlarge', 'r6i.large'], true)).toEqual({
      interfaces: 10,
      untrunkedInterfaces: 2,
    });
    // AWS does not support trunking for these.
    expect(interfacesOf(['g4dn.xlarge'], true)).toEqual({ interfaces: 2 });
    expect(interfacesOf(['t3.medium'], false)).toEqual({ interfaces: 2 });
    expect(providerCapacityOf('p', ['m6i.xlarge'], true)).toMatchObject(
      minimumCapacityOf('p', ['m6i.xlarge']),
    );
  });

  it('need the network interfaces of a type that is not known', () => {
    const { networkInterfaces: _, ...without } = {
      ...{ name: 'x9.huge', vcpus: 64, memoryMib: 262_144, networkInterfaces: 8, pricePerHour: 9 },
    };
    expect(Object.keys(findProblems(provider({ instanceTypes: [without] })))).toEqual([
      'capacityProviders[0].instanceTypes[0].networkInterfaces',
    ]);
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
        networkInterfaces: fc.integer({ min: 0, max: 60 }),
        trunkedTasks: fc.nat(200),
        pricePerHour: fc.double({ min: -1, max: 20, noNaN: true }),
      },
      { requiredKeys: ['name', 'vcpus', 'memoryMib', 'networkInterfaces'] },
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

  it('are either valid, with a capacity and a price, or reported with their paths', () => {
    fc.assert(
      fc.property(fc.array(anyProvider, { maxLength: 4 }), (capacityProviders) => {
        const problems = findProblems({ capacityProviders });
        if (Object.keys(problems).length > 0) {
          for (const path of Object.keys(problems)) expect(path).toMatch(/^capacityProviders(\[\d\]\.?|$)/);
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

  it('is either new or existing', () => {
    expect(findProblems({ network: { existing } })).toEqual({});
    expect(findProblems({ network: { own: { zones: 3 } } })).toEqual({});
    expect(findProblems({ network: { own: {}, existing } })).toHaveProperty(['network']);
  });

  it('has a subnet in each zone if it is existing', () => {
    const network = { existing: { ...existing, zones: ['us-west-1a'] } };
    expect(findProblems({ network })).toHaveProperty(['network.existing.privateSubnets']);
  });

  it('has a way out of a known kind', () => {
    expect(findProblems({ network: { own: { egress: 'nat' } } })).toHaveProperty(['network.own.egress']);
    expect(findProblems({ network: { own: { egressZones: 2 } } })).toHaveProperty([
      'network.own.egressZones',
    ]);
  });

  it.each(['0.0.0.0/0', '10.0.0.0/8', '255.255.255.255/32'])('allows connections to %s', (cidr) => {
    expect(findProblems({ network: { egressCidrs: [cidr] } })).toEqual({});
  });

  it.each(['10.0.0.0', '256.0.0.0/8', '10.0.0/8', '10.0.0.0/33', '::/0', 'example.com'])(
    'refuses %s as a range of addresses',
    (cidr) => {
      expect(findProblems({ network: { egressCidrs: [cidr] } })).toHaveProperty(['network.egressCidrs[0]']);
    },
  );

  it('has at most as many outbound rules as a security group', () => {
    const egressCidrs = Array.from({ length: 20 }, (_, index) => `10.${index}.0.0/16`);
    const problems = (ports: number) =>
      findProblems({ network: { egressCidrs, egressPorts: Array.from({ length: ports }, (_, i) => i + 1) } });
    expect(problems(2)).toEqual({});
    expect(problems(3)).toHaveProperty(['network.egressCidrs']);
  });
});
