import { Aws, Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CONSOLE_SECURITY_HEADERS, consoleContentSecurityPolicy } from '#contract/console-headers.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import type { ConsoleStageSettings } from '../settings/console.ts';

/** Where the distribution forwards to the API. No file of the console is below it. */
export const API_PATH = '/api';

export interface ConsoleDistributionProps {
  readonly installation: string;
  readonly bucket: IBucket;
  readonly api: {
    readonly id: string;
    /** Of every path of the API, or empty. */
    readonly prefix: string;
  };
  /** To which the console sends requests when people sign in. */
  readonly issuerOrigins: readonly string[];
  readonly domain: ConsoleStageSettings['domain'];
}

/** CloudFront in front of the files of the console and of the API: one origin for browsers, so that no CORS is needed. */
export class ConsoleDistribution extends Construct {
  readonly domainName: string;
  /** The address of the console, with a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ConsoleDistributionProps) {
    super(scope, id);
    const { installation, bucket, api, domain } = props;
    const responseHeadersPolicy = this.#headers(props);
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Console of ${installation}`,
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
            certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
          }),
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        // It follows the Cache-Control of each file, so that no deployment needs an invalidation.
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy,
      },
      additionalBehaviors: {
        [`${API_PATH}/*`]: {
          origin: new HttpOrigin(`${api.id}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`, {
            protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
            originSslProtocols: [OriginSslPolicy.TLS_V1_2],
          }),
          // A redirect would come after the token was sent.
          viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
          allowedMethods: AllowedMethods.ALLOW_ALL,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          // API Gateway finds the API by the Host header. The policy includes Authorization.
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
          responseHeadersPolicy,
          functionAssociations: [
            { function: this.#replacePrefix(api.prefix), eventType: FunctionEventType.VIEWER_REQUEST },
          ],
        },
      },
    });
    acknowledge(distribution, ...acknowledgements(domain !== undefined));
    this.domainName = distribution.distributionDomainName;
    this.url = `https://${domain?.name ?? this.domainName}/`;
  }

  /** Replaces the path of the API at the distribution by the prefix of its routes. */
  #replacePrefix(prefix: string): EdgeFunction {
    return new EdgeFunction(this, 'ApiPath', {
      comment: `${API_PATH} to the prefix of the API`,
      code: FunctionCode.fromInline(apiPathFunction(prefix)),
    });
  }

  /** The headers of local mode, and HSTS. */
  #headers({ issuerOrigins }: ConsoleDistributionProps): ResponseHeadersPolicy {
    const {
      'x-content-type-options': _nosniff,
      'x-frame-options': _frames,
      'referrer-policy': _referrer,
      ...custom
    } = CONSOLE_SECURITY_HEADERS;
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'Security headers of the console',
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: consoleContentSecurityPolicy(issuerOrigins),
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: false,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: Object.entries(custom).map(([header, value]) => ({ header, value, override: true })),
      },
    });
  }
}

/** Returns the code of a CloudFront function. @param prefix of the API: letters, digits and `/._~-` only */
export function apiPathFunction(prefix: string): string {
  return [
    'function handler(event) {',
    '  var request = event.request;',
    `  request.uri = ${JSON.stringify(prefix)} + request.uri.slice(${API_PATH.length});`,
    '  return request;',
    '}',
  ].join('\n');
}

function acknowledgements(hasDomain: boolean) {
  const publicFiles =
    'The files are public and have no effect without the API, which has a rate limit and requires a token for each request.';
  const logged = 'The files are public. The access log of the API lists its requests.';
  return [
    { id: 'AwsSolutions-CFR1', reason: publicFiles },
    { id: 'AwsSolutions-CFR2', reason: publicFiles },
    { id: 'AwsSolutions-CFR3', reason: logged },
    { id: `${CONTROL_TOWER}::cloudfront_access_logs_enabled_check`, reason: logged },
    {
      id: `${CONTROL_TOWER}::cloudfront_origin_failover_enabled_check`,
      reason:
        'S3 and API Gateway are redundant in their region, and there is no second installation to fail over to.',
    },
    ...(hasDomain ? [] : DRAWN_NAME_RULES.map((id) => ({ id, reason: DRAWN_NAME }))),
  ];
}

const DRAWN_NAME =
  'CloudFront chooses certificate and protocols for the name that it draws. `console.domain` requires TLS 1.2.';
const DRAWN_NAME_RULES = [
  'AwsSolutions-CFR4',
  ...[
    'cloudfront_custom_ssl_certificate_check',
    'cloudfront_sni_enabled_check',
    'cloudfront_security_policy_check',
  ].map((rule) => `${CONTROL_TOWER}::${rule}`),
];
