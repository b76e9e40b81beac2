import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it, test } from 'vitest';
import {
  CONSOLE_FILE_CACHING,
  CONSOLE_PAGE_CACHING,
  CONSOLE_SECURITY_HEADERS,
  consoleContentSecurityPolicy,
} from '#contract/console-headers.ts';
import type { ApiStack } from '#lib/api-stack.ts';
import { findViolations } from '#lib/checks/assembly.ts';
import { ConsoleStack } from '#lib/console-stack.ts';
import { apiPathFunction } from '#lib/constructs/console-distribution.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { someStage, stageWithAuditAndConsole, stageWithoutOptions } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

const AUTH = {
  oidc: {
    issuer: 'https://id.example.com/realms/platform',
    audience: 'workbench-controller',
    jwksUrl: 'https://id.example.com/keys',
  },
};
const DOMAIN = {
  name: 'console.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
};

let plain: SynthesizedApp;
let signedIn: SynthesizedApp;
let none: SynthesizedApp;
beforeAll(async () => {
  plain = await synthesize(stageWithAuditAndConsole());
  signedIn = await synthesize(
    someStage({
      auth: AUTH,
      api: { prefix: '/v1' },
      console: { clientId: 'console', issuerOrigins: ['https://login.example.com'], domain: DOMAIN },
    }),
  );
  none = await synthesize(stageWithoutOptions());
});

function propertiesOf({ all }: SynthesizedApp, type: string): Readonly<Record<string, unknown>> {
  const resources = all('console', type);
  expect(resources).toHaveLength(1);
  return resources[0]?.[1].Properties ?? {};
}

const distributionOf = (app: SynthesizedApp) =>
  propertiesOf(app, 'AWS::CloudFront::Distribution').DistributionConfig;

describe('the stack of the console', () => {
  it('does not exist by default, and changes no other stack', () => {
    expect([...none.templates.keys()]).not.toContain('workbench-some-console');
    for (const part of ['network', 'data', 'cluster', 'monitoring'] as const) {
      const [withConsole, without] = [plain, none].map(({ templates }) =>
        JSON.stringify(templates.get(`workbench-some-${part}`)),
      );
      expect(withConsole, part).toBe(without);
    }
  });

  it('passes the checks of templates and policies', async () => {
    expect(await findViolations(plain.templates)).toEqual([]);
    expect(await findViolations(signedIn.templates)).toEqual([]);
  });

  it('cannot be synthesized if the console was not built', () => {
    const settings = someStage({ console: {} });
    const { console } = settings;
    if (console === 'none') throw new Error('the stage has no console');
    const api = { http: { apiId: 'some' } } as ApiStack;
    for (const folder of [undefined, mkdtempSync(join(tmpdir(), 'console-stack-'))]) {
      expect(() => new ConsoleStack(new App(), settings, { console, api, folder })).toThrow('console:build');
    }
  });
});

describe('the files of the console', () => {
  it('are in a bucket that only this distribution reads', () => {
    plain.assert('console').hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const policy = propertiesOf(plain, 'AWS::S3::BucketPolicy');
    const allowed = (valueAt(policy, 'PolicyDocument', 'Statement') as readonly object[]).filter(
      (statement) => valueAt(statement, 'Effect') === 'Allow',
    );
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 's3:GetObject',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
      }),
    ]);
  });

  it('are written before the page that names them, and older ones stay for pages that are open', () => {
    const deployments = plain.all('console', 'Custom::CDKBucketDeployment');
    const [files, page] = [CONSOLE_FILE_CACHING, CONSOLE_PAGE_CACHING].map((caching) =>
      deployments.find(
        ([, { Properties }]) => valueAt(Properties, 'SystemMetadata', 'cache-control') === caching,
      ),
    );
    expect(deployments).toHaveLength(2);
    for (const [, { Properties }] of deployments)
      expect(Properties).toMatchObject({ Prune: false, RetainOnDelete: false });
    expect(valueAt(page?.[1], 'DependsOn')).toContain(files?.[0]);
  });

  it('are copied with a role that may write them and read the assets, and nothing else', () => {
    const statements = plain
      .all('console', 'AWS::IAM::Policy')
      .flatMap(([, { Properties }]) => valueAt(Properties, 'PolicyDocument', 'Statement') as object[]);
    expect(statements.flatMap((statement) => valueAt(statement, 'Action'))).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:GetBucketTagging',
      's3:ListBucket',
      's3:DeleteObject',
      's3:PutObject',
    ]);
    plain.assert('console').resourceCountIs('AWS::IAM::Role', 1);
    plain.assert('console').hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });
});

describe('the distribution of the console', () => {
  it('sends the headers of local mode, with the origins of the issuer', () => {
    const headersOf = (app: SynthesizedApp) =>
      propertiesOf(app, 'AWS::CloudFront::ResponseHeadersPolicy').ResponseHeadersPolicyConfig;
    const policyOf = (app: SynthesizedApp) =>
      valueAt(headersOf(app), 'SecurityHeadersConfig', 'ContentSecurityPolicy', 'ContentSecurityPolicy');
    expect(policyOf(plain)).toBe(consoleContentSecurityPolicy([]));
    expect(policyOf(signedIn)).toBe(
      consoleContentSecurityPolicy(['https://id.example.com', 'https://login.example.com']),
    );
    const security = valueAt(headersOf(plain), 'SecurityHeadersConfig');
    expect(security).toMatchObject({
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY' },
      ReferrerPolicy: { ReferrerPolicy: CONSOLE_SECURITY_HEADERS['referrer-policy'] },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
    });
    const custom = valueAt(headersOf(plain), 'CustomHeadersConfig', 'Items') as { Header: string }[];
    expect(custom.map(({ Header }) => Header)).toEqual([
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
      'permissions-policy',
    ]);
    // With the three of the security headers, these are all headers of local mode.
    expect(Object.keys(CONSOLE_SECURITY_HEADERS)).toHaveLength(custom.length + 3);
  });

  it('forwards /api/ to the API over TLS, caches none of it, and redirects only requests for files', () => {
    const config = distributionOf(plain);
    expect(valueAt(config, 'DefaultCacheBehavior', 'ViewerProtocolPolicy')).toBe('redirect-to-https');
    expect(valueAt(config, 'CacheBehaviors')).toEqual([
      expect.objectContaining({
        PathPattern: '/api/*',
        ViewerProtocolPolicy: 'https-only',
        // Managed policies: CachingDisabled, and AllViewerExceptHostHeader.
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        AllowedMethods: expect.arrayContaining(['POST', 'PUT', 'PATCH', 'DELETE']),
      }),
    ]);
    const origins = valueAt(config, 'Origins') as readonly object[];
    expect(origins.map((origin) => valueAt(origin, 'CustomOriginConfig'))).toContainEqual({
      OriginProtocolPolicy: 'https-only',
      OriginSSLProtocols: ['TLSv1.2'],
    });
  });

  it('has a name of its own with a certificate and TLS 1.2', () => {
    expect(distributionOf(signedIn)).toMatchObject({
      Aliases: [DOMAIN.name],
      ViewerCertificate: {
        AcmCertificateArn: DOMAIN.certificateArn,
        MinimumProtocolVersion: 'TLSv1.2_2021',
      },
    });
    expect(valueAt(distributionOf(plain), 'Aliases')).toBeUndefined();
    signedIn.assert('console').hasOutput('ConsoleUrl', { Value: `https://${DOMAIN.name}/` });
  });

  test.each([
    ['', '/api/workbenches/a%2Fb', '/workbenches/a%2Fb'],
    ['/v1', '/api/health', '/v1/health'],
    ['/api', '/api/health', '/api/health'],
  ])('with the prefix "%s" of the API replaces %s by %s', (prefix, uri, expected) => {
    const request = runInNewContext(
      `${apiPathFunction(prefix)}; handler({ request: { uri: ${JSON.stringify(uri)} } })`,
    ) as { readonly uri: string };
    expect(request.uri).toBe(expected);
  });
});

describe('the settings of the console', () => {
  it('need an issuer for a client', () => {
    expect(() => someStage({ console: { clientId: 'console' } })).toThrow(StageSettingsError);
    expect(() => someStage({ console: { clientId: 'console' } })).toThrow('auth.oidc.issuer');
    expect(() => someStage({ auth: AUTH, console: { clientId: 'console', scopes: ['api'] } })).toThrow(
      'console.scopes',
    );
  });

  test.each([
    { domain: { name: 'console.example.com' } },
    { domain: { ...DOMAIN, certificateArn: DOMAIN.certificateArn.replace('us-east-1', 'eu-west-1') } },
    { issuerOrigins: ["'unsafe-inline'"] },
    { unknown: true },
  ])('refuse %j', (console) => {
    expect(() => someStage({ console })).toThrow(StageSettingsError);
  });
});
