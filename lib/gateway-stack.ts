import { CfnOutput, CrossStackReferences, ReferenceStrength, RemovalPolicy } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { DEPLOYED_GATE_SETTINGS } from '#contract/settings/gate-deployment-settings.ts';
import type { ApiStack } from './api-stack.ts';
import { acknowledge } from './checks/acknowledge.ts';
import type { ClusterStack } from './cluster-stack.ts';
import { AccessLogBucket } from './constructs/access-log-bucket.ts';
import { Alarms } from './constructs/alarms.ts';
import { metricsNamespace } from './constructs/controller-function.ts';
import { addGateAlarms } from './constructs/gate-alarms.ts';
import { GateDashboard } from './constructs/gate-dashboard.ts';
import { GateLoadBalancer } from './constructs/gate-load-balancer.ts';
import { GateService } from './constructs/gate-service.ts';
import type { Network } from './constructs/network.ts';
import type { DataStack } from './data-stack.ts';
import { settingsThatDiffer } from './function-environment.ts';
import { consoleUrlOf } from './settings/console.ts';
import { toEnvironment } from './settings/function-settings.ts';
import {
  type GatewaySettings,
  gateDomainOf,
  gateEnvironment,
  gateImageTag,
  gateTaskCount,
} from './settings/gateway.ts';
import type { StageSettings } from './settings/stage.ts';
import { isProtected, WorkbenchStack } from './workbench-stack.ts';

export interface GatewayStackProps {
  readonly gate: GatewaySettings;
  readonly network: Network;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly api: Pick<ApiStack, 'alarmTopic' | 'runKeys' | 'secret' | 'url'>;
}

/** Characters of a key that seals sessions: letters and digits, 285 bits. */
const KEY_LENGTH = 48;

/** The gate: the load balancer and the tasks through which browsers reach workbenches. */
export class GatewayStack extends WorkbenchStack {
  constructor(scope: Construct, settings: StageSettings, props: GatewayStackProps) {
    super(scope, 'gateway', settings, {
      description: 'Workbench controller: the gate in front of workbenches',
      terminationProtection: settings.production,
    });
    // A weak reference in a task definition could make every deployment replace the tasks, which ends WebSockets.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const { gate, network } = props;
    const { installation, production } = settings;
    const domain = gateDomainOf(settings.baseUrl);
    const loadBalancer = new GateLoadBalancer(this, 'Front', {
      gate,
      domain,
      network,
      logs: new AccessLogBucket(this, 'AccessLogs', { retentionDays: gate.accessLogRetentionDays }),
      deletionProtection: production && isProtected(this, 'gateway'),
    });
    const keys = gate.sealingKeys?.secretArn ?? this.#createKeys();
    const { repository } = props.cluster.images;
    const service = new GateService(this, 'Gate', {
      installation,
      production,
      gate,
      image: imageOf(gate, repository),
      repository: repository.repositoryArn,
      environment: this.#environment(settings, props, keys),
      resources: {
        table: props.data.records.table.tableArn,
        secrets: [
          { secret: keys, key: gate.sealingKeys?.keyArn },
          ...(props.api.secret === undefined
            ? []
            : [
                {
                  secret: props.api.secret,
                  key: settings.auth === 'none' ? undefined : settings.auth.secretKeyArn,
                },
              ]),
          ...(props.api.runKeys === undefined ? [] : [{ secret: props.api.runKeys }]),
          ...(gate.oidc?.secretArn === undefined
            ? []
            : [{ secret: gate.oidc.secretArn, key: gate.oidc.secretKeyArn }]),
        ],
      },
      network,
      loadBalancer,
      containerInsights: settings.ecs.containerInsights,
      logRetention: settings.logs.retentionDays,
    });
    const alarms = new Alarms(this, 'Alarms', { topic: props.api.alarmTopic, installation });
    const monitored = { loadBalancer, service, tasks: gateTaskCount(gate, production), installation };
    addGateAlarms(alarms, monitored);
    new GateDashboard(this, 'Operations', { ...monitored, alarms: alarms.all });
    this.#addOutputs(loadBalancer, service, keys);
  }

  #createKeys(): string {
    const secret = new Secret(this, 'Keys', {
      description: 'The keys that seal the sessions of the gate',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        passwordLength: KEY_LENGTH,
        excludePunctuation: true,
      },
      // Without it, everybody signs in again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason:
        'A new key must be known to all tasks before one of them uses it. Operators rotate it as docs/operations.md describes.',
    });
    return secret.secretArn;
  }

  #environment(
    settings: StageSettings,
    { gate, data, api }: GatewayStackProps,
    keys: string,
  ): Readonly<Record<string, string>> {
    return {
      ...settingsThatDiffer(DEPLOYED_GATE_SETTINGS, {
        ...toEnvironment(settings),
        ...gateEnvironment(gate),
        WB_GATE_CONSOLE_URL: gate.consoleUrl ?? consoleUrlOf(settings.console),
        WB_TABLE_NAME: data.records.table.tableName,
        WB_AUTH_SECRET_ARN: api.secret,
        WB_RUN_KEYS_SECRET_ARN: api.runKeys,
        WB_GATE_API_URL: api.url,
        WB_GATE_KEYS_SECRET_ARN: keys,
        WB_GATE_CLIENT_SECRET_ARN: gate.oidc?.secretArn,
      }),
      POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(settings.installation),
    };
  }

  #addOutputs(loadBalancer: GateLoadBalancer, { clusterName, serviceName }: GateService, keys: string): void {
    const outputs: Readonly<Record<string, readonly [value: string, description: string]>> = {
      GateAddress: [
        loadBalancer.dnsName,
        'Name of the load balancer, for the records of the domain and of all names below it',
      ],
      GateCluster: [clusterName, 'Cluster of the gate'],
      GateService: [serviceName, 'Service of the gate'],
      GateKeys: [keys, 'Secret with the keys that seal sessions'],
    };
    for (const [id, [value, description]] of Object.entries(outputs))
      new CfnOutput(this, id, { value, description });
  }
}

/** Returns the URI of the image, with its tag or digest. */
function imageOf(gate: GatewaySettings, repository: IRepository): string {
  const tag = gateImageTag(gate);
  return tag === undefined
    ? repository.repositoryUriForDigest(gate.image.digest ?? '')
    : repository.repositoryUriForTag(tag);
}
