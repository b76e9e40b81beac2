import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFunctionSettings } from '#lib/settings/function-settings.ts';
import { gateDomainOf, gateTaskCount } from '#lib/settings/gateway.ts';
import { parseStage } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { MINIMAL_STAGE, SOME_GATEWAY, someStage } from '../some-stage.ts';

function findProblems(gateway: object, changes: object = {}): Readonly<Record<string, string>> {
  try {
    someStage({ gateway: { ...SOME_GATEWAY, ...gateway }, ...changes });
    return {};
  } catch (error) {
    if (!(error instanceof StageSettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, problem }) => [path, problem]));
  }
}

const EXISTING = {
  vpcId: 'vpc-0123456789abcdef0',
  zones: ['us-west-1a', 'us-west-1c'],
  privateSubnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
};
const PUBLIC = ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'];

describe('the settings of the gate', () => {
  it('are `none` by default', () => {
    expect(parseStage('some', MINIMAL_STAGE).gateway).toBe('none');
  });

  it('have defaults for all but the image and the certificate', () => {
    expect(someStage({ gateway: SOME_GATEWAY }).gateway).toEqual({
      image: { tag: '1.0.0', architecture: 'x86_64' },
      certificateArn: SOME_GATEWAY.certificateArn,
      internetFacing: true,
      allowedCidrs: ['0.0.0.0/0'],
      maxTasks: 4,
      cpuUnits: 256,
      memoryMib: 512,
      frameAncestors: [],
      stopNotice: true,
      accessLogRetentionDays: 90,
    });
  });

  it('have two tasks in production and one elsewhere, unless they set the number', () => {
    const { gateway } = someStage({ gateway: SOME_GATEWAY });
    if (gateway === 'none') throw new Error('expected a gateway');
    expect(gateTaskCount(gateway, true)).toBe(2);
    expect(gateTaskCount(gateway, false)).toBe(1);
    expect(gateTaskCount({ ...gateway, tasks: 3 }, false)).toBe(3);
  });

  it('take the domain of workbenches from `baseUrl`', () => {
    expect(gateDomainOf('https://wb.example.com')).toBe('wb.example.com');
  });

  it('let a start ask the gate if the functions, which have no fixed address, can connect to it', () => {
    const timeoutOf = (gateway: object | 'none', functions = {}) =>
      readFunctionSettings(
        someStage({
          gateway: gateway === 'none' ? 'none' : { ...SOME_GATEWAY, ...gateway },
          functions,
        }),
      ).WB_GATE_SILENT_TIMEOUT_SECONDS;
    expect(timeoutOf({})).toBe(60);
    expect(timeoutOf('none')).toBe(0);
    expect(timeoutOf({ internetFacing: false })).toBe(0);
    expect(timeoutOf({ allowedCidrs: ['192.0.2.0/24'] })).toBe(0);
    expect(timeoutOf({}, { WB_GATE_SILENT_TIMEOUT_SECONDS: 0 })).toBe(0);
    expect(timeoutOf({ internetFacing: false }, { WB_GATE_SILENT_TIMEOUT_SECONDS: 120 })).toBe(120);
  });

  it.each([
    'http://wb.example.com',
    'https://wb.example.com/',
    'https://wb.example.com:8443',
    'https://wb.example.com/project',
    'https://WB.example.com',
    'https://10.0.0.1',
  ])('refuse the base address %s, below which no host of a workbench exists', (baseUrl) => {
    expect(findProblems({}, { baseUrl })).toHaveProperty('baseUrl', expect.stringContaining('host name'));
  });

  it('require a certificate or a zone', () => {
    expect(findProblems({ certificateArn: undefined }).gateway).toContain('`hostedZone`');
    const hostedZone = { id: 'Z0123456789ABC', name: 'example.com' };
    expect(findProblems({ certificateArn: undefined, hostedZone })).toEqual({});
    expect(findProblems({ hostedZone: { ...hostedZone, name: 'workbench.example.com' } })).toEqual({});
  });

  it('refuse a domain that is too long for a certificate or for the rule of the load balancer', () => {
    const baseUrlOf = (length: number) =>
      `https://${`${'a'.repeat(20)}.`.repeat(10).slice(0, length - 'x.example.com'.length)}x.example.com`;
    const created = {
      certificateArn: undefined,
      hostedZone: { id: 'Z0123456789ABC', name: 'example.com' },
    };
    expect(findProblems(created, { baseUrl: baseUrlOf(64) })).toEqual({});
    expect(findProblems(created, { baseUrl: baseUrlOf(65) })).toEqual({
      baseUrl: 'the host name can have at most 64 characters with a new certificate',
    });
    expect(findProblems({}, { baseUrl: baseUrlOf(126) })).toEqual({});
    expect(findProblems({}, { baseUrl: baseUrlOf(127) })).toEqual({
      baseUrl: 'the host name can have at most 126 characters with a gateway',
    });
  });

  it.each(['example.org', 'bench.example.com', 'sub.workbench.example.com'])(
    'refuse the zone %s, which cannot have the records',
    (name) => {
      expect(findProblems({ hostedZone: { id: 'Z0123456789ABC', name } })).toEqual({
        'gateway.hostedZone.name': `workbench.example.com of \`baseUrl\` is not in the zone ${name}`,
      });
    },
  );

  it('require exactly one version of the image, which is not `latest`', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(findProblems({ image: { digest } })).toEqual({});
    expect(findProblems({ image: { tag: '1', digest } })).toHaveProperty(['gateway.image']);
    expect(findProblems({ image: {} })).toHaveProperty(['gateway.image']);
    expect(findProblems({ image: { tag: 'latest' } })['gateway.image.tag']).toContain('use a version');
  });

  it('accept only sizes that Fargate has', () => {
    const size = (cpuUnits: number, memoryMib: number) => findProblems({ cpuUnits, memoryMib });
    expect(size(256, 1536)['gateway.memoryMib']).toBe(
      'with `cpuUnits` 256, Fargate accepts 512, 1024, 2048; found 1536',
    );
    expect(size(256, 2048)).toEqual({});
    expect(size(512, 512)).toHaveProperty(['gateway.memoryMib']);
    expect(size(1024, 8192)).toEqual({});
    expect(size(2048, 16_384)).toEqual({});
    expect(size(2048, 2048)).toHaveProperty(['gateway.memoryMib']);
    expect(size(300, 512)['gateway.cpuUnits']).toContain('one of 256, 512, 1024, 2048');
  });

  it('have at least as many tasks at most as at least', () => {
    expect(findProblems({ tasks: 5 })).toEqual({
      'gateway.maxTasks': 'must be at least the number of tasks, 5',
    });
    expect(findProblems({ tasks: 5, maxTasks: 5 })).toEqual({});
  });

  it('name the public subnets of an existing VPC, and only there', () => {
    const network = { existing: EXISTING };
    expect(findProblems({}, { network })['gateway.publicSubnets']).toContain('is required');
    expect(findProblems({ publicSubnets: PUBLIC }, { network })).toEqual({});
    expect(findProblems({ publicSubnets: PUBLIC })['gateway.publicSubnets']).toContain('network.existing');
    expect(findProblems({ publicSubnets: PUBLIC.slice(1) }, { network })).toHaveProperty([
      'gateway.publicSubnets',
    ]);
  });

  it('name a public subnet for each zone of an existing VPC, since a load balancer sends nothing to other zones', () => {
    const existing = {
      ...EXISTING,
      zones: [...EXISTING.zones, 'us-west-1b'],
      privateSubnets: [...EXISTING.privateSubnets, 'subnet-0123456789abcdef4'],
    };
    expect(findProblems({ publicSubnets: PUBLIC }, { network: { existing } })).toEqual({
      'gateway.publicSubnets': 'requires a subnet in each of the 3 zones of `network.existing`',
    });
    const publicSubnets = [...PUBLIC, 'subnet-0123456789abcdef5'];
    expect(findProblems({ publicSubnets }, { network: { existing } })).toEqual({});
  });

  it('need subnets in two zones for an internal load balancer', () => {
    expect(findProblems({ internetFacing: false }, { network: { existing: EXISTING } })).toEqual({});
    const oneZone = {
      ...EXISTING,
      zones: EXISTING.zones.slice(1),
      privateSubnets: EXISTING.privateSubnets.slice(1),
    };
    expect(findProblems({ internetFacing: false }, { network: { existing: oneZone } })).toHaveProperty([
      'network.existing.privateSubnets',
    ]);
  });

  it('cannot be internet-facing in a network without public subnets', () => {
    const network = { own: { egress: 'none' } };
    expect(findProblems({}, { network })['gateway.internetFacing']).toContain('public subnets');
    expect(findProblems({ internetFacing: false }, { network })).toEqual({});
  });

  it('require a key with which the gate calls the API', () => {
    const oidc = { issuer: 'https://id', audience: 'a', jwksUrl: 'https://id/keys' };
    expect(findProblems({}, { auth: { oidc } })).toHaveProperty('auth');
    expect(findProblems({}, { auth: { oidc, jwtKey: true } })).toEqual({});
    expect(findProblems({}, { auth: 'none' })).toEqual({});
  });

  it('request at least the scope `openid`, and decrypt only a secret that they name', () => {
    const oidc = { issuer: 'https://id.example.com', clientId: 'gate' };
    expect(findProblems({ oidc })).toEqual({});
    expect(findProblems({ oidc: { ...oidc, scopes: ['email'] } })).toEqual({
      'gateway.oidc.scopes': 'one of the scopes must be `openid`',
    });
    const secretKeyArn = 'arn:aws:kms:us-west-1:123456789012:key/0123';
    expect(findProblems({ oidc: { ...oidc, secretKeyArn } })).toEqual({
      'gateway.oidc.secretKeyArn': 'requires `secretArn`',
    });
  });

  it('refuse an issuer with which the tasks would not start', () => {
    const oidc = { issuer: 'https://user@id.example.com', clientId: 'gate' };
    expect(findProblems({ oidc })).toEqual({
      'gateway.oidc.issuer': expect.stringContaining('https address'),
    });
  });

  it('decide how tickets are created: functions cannot have another setting', () => {
    expect(findProblems({}, { functions: { WB_GATE: 'prefix' } })).toEqual({
      'functions.WB_GATE': 'follows from `gateway`: remove it',
    });
    expect(someStage({ functions: { WB_GATE: 'prefix' } }).functions.WB_GATE).toBe('prefix');
  });

  it('are not checked for `none`', () => {
    expect(someStage({ gateway: 'none', baseUrl: 'http://wb:8080/x' }).gateway).toBe('none');
  });

  it('say what was expected for any value of any setting', () => {
    const names = fc.constantFrom('certificateArn', 'allowedCidrs', 'oidc', 'color', 'name', 'sealingKeys');
    fc.assert(
      fc.property(names, fc.oneof(fc.integer(), fc.boolean(), fc.constant('\u0000')), (name, value) => {
        const problems = findProblems({ [name]: value });
        expect(problems[`gateway.${name}`]).toMatch(/^expected .+; found /);
      }),
      { numRuns: 30 },
    );
  });
});
