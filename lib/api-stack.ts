import { CfnOutput, Lazy } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import {
  DEPLOYED,
  type DeployedFunction,
  type FunctionName,
  type StartedBy,
} from '#contract/deployed-functions.ts';
import type { ClusterStack } from './cluster-stack.ts';
import { AlarmTopic } from './constructs/alarms.ts';
import {
  addEventTrigger,
  addQueueTrigger,
  addScheduleTrigger,
  ControllerFunction,
} from './constructs/controller-function.ts';
import { HostTemplates } from './constructs/instance-launch-template.ts';
import { JanitorFunction } from './constructs/janitor.ts';
import { createLogGroup } from './constructs/log-group.ts';
import type { Network } from './constructs/network.ts';
import { RunKeys } from './constructs/run-keys.ts';
import { WorkQueues } from './constructs/work-queues.ts';
import { AuthSecret, WorkbenchApi } from './constructs/workbench-api.ts';
import type { DataStack } from './data-stack.ts';
import { workbenchLogsOf } from './deployment-names.ts';
import { deployedValues, environmentFor } from './function-environment.ts';
import { clusterArn } from './permissions/ecs-roles.ts';
import { PERMISSIONS } from './permissions/function-permissions.ts';
import type { PermissionContext } from './permissions/permission-context.ts';
import { sendFailedInvocations } from './permissions/queues.ts';
import { instanceTypeNameOf } from './settings/capacity.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

export interface ApiStackProps {
  readonly network: Network;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  /** The folder with the bundles of the functions. */
  readonly bundles: string;
}

/** The controller: the HTTP API, the functions, their queues, and the topic of the alarms. */
export class ApiStack extends WorkbenchStack {
  readonly queues: WorkQueues;
  /** By name; janitors with their number. */
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  readonly http: HttpApi;
  readonly hosts: HostTemplates;
  /** Base URL with the prefix, without a slash at the end. */
  readonly url: string;
  /** ARN of the secret with the keys. Undefined without keys. */
  readonly secret: string | undefined;
  /** ARN of the secret with the keys of the tokens of runs. Undefined without keys. */
  readonly runKeys: string | undefined;
  /** The topic of all alarms of the installation. */
  readonly alarmTopic: ITopic;

  constructor(scope: Construct, settings: StageSettings, props: ApiStackProps) {
    super(scope, 'api', settings, {
      description: 'Workbench controller: API, functions, queues',
      terminationProtection: settings.production,
    });
    this.queues = new WorkQueues(this, 'Queues');
    // In this stack, so that each deployment updates the functions: they launch hosts from one version of a template, and
    // this stack's template must change, or have a parameter of Systems Manager, for the CDK to deploy it at all.
    this.hosts = new HostTemplates(this, 'Host', {
      ...settings.dedicated,
      architecture: settings.image.architecture,
      vpc: props.network.vpc,
      securityGroup: props.network.instances,
      role: props.cluster.instanceRole,
    });
    const secret = new AuthSecret(this, 'Auth', settings.auth);
    const janitors = this.#createJanitors(settings, props);
    const runKeys = settings.auth === 'none' ? undefined : new RunKeys(this, 'RunKeys').arn;
    const secrets = { secret: secret.arn, runKeys };
    const functions = this.#createFunctions(settings, props, secrets, [...janitors.values()]);
    this.functions = new Map([...functions, ...janitors]);
    const api = new WorkbenchApi(this, 'Http', {
      settings,
      functions: new Map(
        functionsStartedBy('route').map(([name, { operationId }]) => [operationId, functions.get(name)]),
      ),
      authorizer: functions.get('authorizer'),
      logRetention: settings.logs.retentionDays,
    });
    this.url = api.url;
    this.secret = secret.arn;
    this.runKeys = runKeys;
    this.http = api.api;
    this.alarmTopic = this.#createAlarmTopic(settings, props.data);
    // Also without the stack `events`: see `streamArn` in the stack `data`.
    this.exportValue(this.queues.failedInvocations.queueArn);
    this.exportValue(this.alarmTopic.topicArn);
    new CfnOutput(this, 'ApiUrl', { value: api.url });
    if (secret.arn !== undefined) {
      new CfnOutput(this, 'AuthSecret', {
        description: 'Secret with the key of the API',
        value: secret.arn,
      });
    }
  }

  #createJanitors(
    settings: StageSettings,
    { network, data, bundles }: ApiStackProps,
  ): Map<string, LambdaFunction> {
    const { installation } = settings;
    const logRetention = settings.logs.retentionDays;
    const logGroup = createLogGroup(this, 'JanitorLogGroup', {
      name: `/${installation}/janitor`,
      logRetention,
    });
    return new Map(
      data.files.fileSystems.map((files, index) => {
        const props = { files, network, installation, bundles, logRetention, logGroup };
        return [`janitor-${index}`, new JanitorFunction(this, `Janitor${index}`, props).lambda];
      }),
    );
  }

  #createFunctions(
    settings: StageSettings,
    props: ApiStackProps,
    secrets: Pick<PermissionContext, 'secret' | 'runKeys'>,
    janitors: readonly LambdaFunction[],
  ): Map<FunctionName, LambdaFunction> {
    const { bundles, cluster } = props;
    const values = deployedValues(settings, {
      ...props,
      ...secrets,
      hosts: this.hosts,
      queues: this.queues,
      // The API is created after the functions of its routes.
      apiUrl: Lazy.string({ produce: () => this.url }),
    });
    const context = this.#permissionContext(settings, props, secrets, janitors);
    const triggers = { queues: this.queues, clusterArn: clusterArn(this, cluster.clusterName) };
    const lambdas = new Map<FunctionName, LambdaFunction>();
    for (const [name, deployed] of Object.entries(DEPLOYED) as [FunctionName, DeployedFunction][]) {
      const { startedBy, stack } = deployed;
      if (stack !== undefined) continue;
      if (startedBy.by === 'janitor' || (startedBy.by === 'authorizer' && settings.auth === 'none')) continue;
      const isAsynchronous = startedBy.by === 'event' || startedBy.by === 'schedule';
      const { lambda } = new ControllerFunction(this, name, {
        name,
        deployed,
        installation: settings.installation,
        bundles,
        environment: environmentFor(deployed.reads, values),
        permissions: [
          ...PERMISSIONS[name](context),
          ...(isAsynchronous ? [sendFailedInvocations(this.queues.failedInvocations.queueArn)] : []),
        ],
        logRetention: settings.logs.retentionDays,
      });
      lambdas.set(name, lambda);
      const scope = lambda.node.scope as Construct;
      if (startedBy.by === 'queue') addQueueTrigger(scope, startedBy, { lambda, ...triggers });
      if (startedBy.by === 'event') addEventTrigger(scope, startedBy, { lambda, ...triggers });
      if (startedBy.by === 'schedule') addScheduleTrigger(scope, startedBy, { lambda, ...triggers });
    }
    return lambdas;
  }

  #createAlarmTopic({ installation, alarms }: StageSettings, { backups }: DataStack): ITopic {
    const alarmTopic = new AlarmTopic(this, 'AlarmTopic', { installation, email: alarms.email });
    alarmTopic.notifyOfFailedBackups(backups.vault.backupVaultName, this.queues.eventDeadLetterQueue);
    return alarmTopic.topic;
  }

  #permissionContext(
    { installation, dedicated, auth }: StageSettings,
    { network, data, cluster }: ApiStackProps,
    secrets: Pick<PermissionContext, 'secret' | 'runKeys'>,
    janitors: readonly LambdaFunction[],
  ): PermissionContext {
    const { template, gpuTemplate } = this.hosts;
    return {
      scope: this,
      installation,
      table: data.records.table.tableArn,
      queues: this.queues.queues,
      cluster: cluster.clusterName,
      workbenchLogs: workbenchLogsOf(installation),
      taskRole: data.files.taskRole.roleArn,
      executionRole: cluster.executionRole.roleArn,
      instanceRole: cluster.instanceRole.roleArn,
      fileSystems: data.files.fileSystems.map(({ fileSystem }) => fileSystem.fileSystemArn),
      janitors: janitors.map(({ functionArn }) => functionArn),
      launchTemplates: [template, gpuTemplate].flatMap(
        (launchTemplate) => launchTemplate?.launchTemplateId ?? [],
      ),
      hostSubnets: network.privateSubnets.map(({ subnetId }) => subnetId),
      hostSecurityGroup: network.instances.securityGroupId,
      hostInstanceTypes: dedicated.instanceTypes.map(instanceTypeNameOf),
      ...secrets,
      secretKey: auth === 'none' ? undefined : auth.secretKeyArn,
    };
  }
}

/** The functions with this kind of trigger, each with its trigger. */
function functionsStartedBy<B extends StartedBy['by']>(
  by: B,
): readonly (readonly [FunctionName, Extract<StartedBy, { by: B }>])[] {
  return (Object.entries(DEPLOYED) as [FunctionName, DeployedFunction][]).flatMap(([name, deployed]) =>
    deployed.startedBy.by === by
      ? [[name, deployed.startedBy as Extract<StartedBy, { by: B }>] as const]
      : [],
  );
}
