import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpIntegrationType,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRouteIntegration,
  type HttpRouteIntegrationConfig,
  HttpStage,
  type IHttpRouteAuthorizer,
  IntegrationCredentials,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CORS, type OperationId, ROUTES } from '#contract/routes.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import { allow } from '../permissions/allow.ts';
import type { AuthSetting } from '../settings/access.ts';
import type { StageSettings } from '../settings/stage.ts';
import { createLogGroup } from './log-group.ts';

export interface WorkbenchApiProps {
  readonly settings: StageSettings;
  /** The function of each route. */
  readonly functions: ReadonlyMap<OperationId, LambdaFunction | undefined>;
  /** Without an authorizer the API accepts every request. */
  readonly authorizer: LambdaFunction | undefined;
  readonly logRetention: RetentionDays;
}

/** The HTTP API that contract/routes.ts defines. */
export class WorkbenchApi extends Construct {
  readonly api: HttpApi;
  /** Base URL with the prefix, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WorkbenchApiProps) {
    super(scope, id);
    const { settings, functions } = props;
    const { prefix = '', corsOrigins, requestsPerSecond, burst } = settings.api;
    const cors = toCorsPreflight(corsOrigins);
    this.api = new HttpApi(this, 'Api', {
      apiName: settings.installation,
      description: `Workbench controller, ${settings.stage}`,
      createDefaultStage: false,
      ...(cors === undefined ? {} : { corsPreflight: cors }),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.#accessLog(props)),
        format: ACCESS_LOG,
      },
    });
    this.url = `${this.api.apiEndpoint}${prefix}`;
    const authorizer = this.#authorizer(props);
    const caller = this.#callerRole(props);
    for (const { method, path, operationId, access } of ROUTES) {
      const lambda = functions.get(operationId);
      if (lambda === undefined) throw new Error(`no function is deployed for the operation ${operationId}`);
      const open = access === 'public' || authorizer === undefined;
      const routes = this.api.addRoutes({
        path: `${prefix}${path}`,
        methods: [HttpMethod[method]],
        integration: new FunctionIntegration(operationId, lambda, caller),
        authorizer: open ? new HttpNoneAuthorizer() : authorizer,
      });
      if (open) for (const route of routes) acknowledge(route, ...openRouteAcknowledgements(access));
    }
    stage.node.addDependency(this.api);
  }

  /**
   * The role with which API Gateway invokes the functions. A permission at each function would be one more resource for
   * each route, and a stack can have 500.
   */
  #callerRole({ functions, settings }: WorkbenchApiProps): IRole {
    const role = new Role(this, 'CallerRole', {
      description: `API Gateway of ${settings.installation}`,
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
    });
    const arns = [...functions.values()].flatMap((lambda) => lambda?.functionArn ?? []);
    allow(this, 'CallerPermissions', role, [
      {
        sid: 'InvokeFunctions',
        actions: ['lambda:InvokeFunction'],
        resources: arns,
        why: 'Invokes the function of each route.',
      },
    ]);
    return role;
  }

  /** Only the Authorization header is an identity source, because API Gateway caches the result for all routes. */
  #authorizer({ authorizer, settings }: WorkbenchApiProps): IHttpRouteAuthorizer | undefined {
    if (authorizer === undefined) return undefined;
    return new HttpLambdaAuthorizer('Authorizer', authorizer, {
      authorizerName: 'bearer',
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(settings.api.authCacheSeconds),
    });
  }

  #accessLog({ settings, logRetention }: WorkbenchApiProps): LogGroup {
    return createLogGroup(this, 'AccessLog', {
      // Log groups with this prefix need no entry in the account's resource policy for log delivery, whose size is
      // limited.
      name: `/aws/vendedlogs/${settings.installation}/access`,
      logRetention,
    });
  }
}

/** Invokes a function with a role. The integration of CDK adds a permission to each function instead. */
class FunctionIntegration extends HttpRouteIntegration {
  readonly #lambda: LambdaFunction;
  readonly #caller: IRole;

  constructor(id: string, lambda: LambdaFunction, caller: IRole) {
    super(id);
    this.#lambda = lambda;
    this.#caller = caller;
  }

  override bind(): HttpRouteIntegrationConfig {
    return {
      type: HttpIntegrationType.AWS_PROXY,
      uri: this.#lambda.functionArn,
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      credentials: IntegrationCredentials.fromRole(this.#caller),
    };
  }
}

/** Contains neither the query string, which has user names, nor any header except User-Agent. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    route: '$context.routeKey',
    path: '$context.path',
    status: '$context.status',
    ip: '$context.identity.sourceIp',
    userAgent: '$context.identity.userAgent',
    bytes: '$context.responseLength',
    latencyMs: '$context.responseLatency',
    functionMs: '$context.integrationLatency',
    functionError: '$context.integrationErrorMessage',
    authorizerError: '$context.authorizer.error',
    error: '$context.error.message',
  }),
);

function toCorsPreflight(origins: readonly string[]): CorsPreflightOptions | undefined {
  if (origins.length === 0) return undefined;
  return {
    allowOrigins: [...origins],
    allowHeaders: [...CORS.allowHeaders],
    allowMethods: CORS.allowMethods.map((method) => CorsHttpMethod[method]),
    exposeHeaders: [...CORS.exposeHeaders],
    maxAge: Duration.seconds(CORS.maxAge),
  };
}

function openRouteAcknowledgements(access: 'public' | 'user' | 'admin') {
  const reason =
    access === 'public'
      ? 'The route only reports that the controller is available.'
      : 'The settings of the stage explicitly disable authentication.';
  return [
    { id: 'AwsSolutions-APIG4', reason },
    { id: `${CONTROL_TOWER}::api_gw_v2_authorization_type_configured_check`, reason },
  ];
}

/** Letters and digits, 285 bits. An HS256 key needs at least 32 bytes (RFC 7518, 3.2). */
const KEY_LENGTH = 48;

/** The secret with the key of the API: an existing one from the settings, or a new one with a random key. */
export class AuthSecret extends Construct {
  /** Undefined if no key is used. */
  readonly arn: string | undefined;

  constructor(scope: Construct, id: string, auth: AuthSetting) {
    super(scope, id);
    if (auth === 'none' || (!auth.staticKey && !auth.jwtKey)) return;
    this.arn = auth.secretArn ?? this.#createSecret(auth.staticKey ? 'static_key' : 'jwt_key');
  }

  #createSecret(key: 'static_key' | 'jwt_key'): string {
    const secret = new Secret(this, 'Secret', {
      description: 'The key of the workbench API',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: key,
        passwordLength: KEY_LENGTH,
        excludePunctuation: true,
      },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason:
        'Backends and token issuers have the same key. Operators change it on both sides as docs/operations.md describes.',
    });
    return secret.secretArn;
  }
}
