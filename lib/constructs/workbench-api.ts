import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CORS, type OperationId, ROUTES } from '#contract/routes.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import type { StageSettings } from '../settings/stage.ts';

export interface WorkbenchApiProps {
  readonly settings: StageSettings;
  /** The function of each route. */
  readonly functions: ReadonlyMap<OperationId, LambdaFunction | undefined>;
  /** None: the API is open. */
  readonly authorizer: LambdaFunction | undefined;
  readonly logRetention: RetentionDays;
}

/** The HTTP API, made from contract/routes.ts. */
export class WorkbenchApi extends Construct {
  readonly api: HttpApi;
  /** Of it all, without a slash at the end, prefix included. */
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
    const asked = this.#authorizer(props);
    for (const { method, path, operationId, access } of ROUTES) {
      const lambda = functions.get(operationId);
      if (lambda === undefined) throw new Error(`no function is deployed for ${operationId}`);
      const open = access === 'public' || asked === undefined;
      const routes = this.api.addRoutes({
        path: `${prefix}${path}`,
        methods: [HttpMethod[method]],
        integration: new HttpLambdaIntegration(operationId, lambda),
        authorizer: open ? new HttpNoneAuthorizer() : asked,
      });
      if (open) for (const route of routes) acknowledge(route, ...openRouteAcknowledgements(access));
    }
    stage.node.addDependency(this.api);
  }

  /** It is asked about the Authorization header alone, since its answer is kept for all routes. */
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
    return new LogGroup(this, 'AccessLog', {
      // So named a group needs no entry in the account's one policy for log deliveries, which is soon full.
      logGroupName: `/aws/vendedlogs/${settings.installation}/access`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** Neither the query, which names users, nor any header but the agent's. */
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
      ? 'Whether the controller is up is nobody’s secret: the route tells nothing else.'
      : 'The settings of the stage say in words that the API is open.';
  return [
    { id: 'AwsSolutions-APIG4', reason },
    { id: `${CONTROL_TOWER}::api_gw_v2_authorization_type_configured_check`, reason },
  ];
}
