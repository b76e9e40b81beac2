import { Stack } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { CfnSecurityGroupEgress } from 'aws-cdk-lib/aws-ec2';
import { CfnCluster, CfnService, CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { GATE_PORT } from '#contract/settings/gate-deployment-settings.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import { allow } from '../permissions/allow.ts';
import { type GateResources, gateExecutionPermissions, gatePermissions } from '../permissions/gate.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';
import { type GatewaySettings, gateTaskCount } from '../settings/gateway.ts';
import type { GateLoadBalancer } from './gate-load-balancer.ts';
import { createLogGroup } from './log-group.ts';
import type { Network } from './network.ts';

export interface GateServiceProps {
  readonly installation: string;
  readonly production: boolean;
  readonly gate: GatewaySettings;
  /** URI with tag or digest. */
  readonly image: string;
  /** ARN of the image's repository. */
  readonly repository: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: GateResources;
  readonly network: Network;
  readonly loadBalancer: GateLoadBalancer;
  readonly containerInsights: boolean;
  readonly logRetention: RetentionDays;
}

/** Seconds from SIGTERM to SIGKILL: the maximum of Fargate. */
const STOP_TIMEOUT_SECONDS = 120;
/** Percent. Below 60, so that the other tasks can serve the requests of one that fails. */
const CPU_TARGET_PERCENT = 55;
/** User `node` of the image. */
const USER = '1000:1000';
const OPEN_FILES_MAX = 65_535;
const HTTPS_PORT = 443;

/** The tasks of the gate: a service of Fargate in a cluster of its own, whose tasks no sweep lists. */
export class GateService extends Construct {
  readonly clusterName: string;
  readonly serviceName = 'gate';

  constructor(scope: Construct, id: string, props: GateServiceProps) {
    super(scope, id);
    const { installation, production, gate, network, loadBalancer } = props;
    this.clusterName = `${installation}-gate`;
    const cluster = this.#createCluster(props);
    const connections = this.#allowConnections(network, gate);
    const tasks = gateTaskCount(gate, production);
    const isScaled = gate.maxTasks > tasks;
    const service = new CfnService(this, 'Service', {
      cluster: cluster.ref,
      serviceName: this.serviceName,
      taskDefinition: this.#createTaskDefinition(props),
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      // An update without a count keeps the number of the scaling policy.
      ...(isScaled ? {} : { desiredCount: tasks }),
      availabilityZoneRebalancing: 'ENABLED',
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      healthCheckGracePeriodSeconds: 60,
      enableExecuteCommand: false,
      enableEcsManagedTags: true,
      propagateTags: 'SERVICE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: network.privateSubnets.map(({ subnetId }) => subnetId),
          securityGroups: [network.gateway.securityGroupId],
          assignPublicIp: 'DISABLED',
        },
      },
      loadBalancers: [
        {
          targetGroupArn: loadBalancer.targetGroupArn,
          containerName: this.serviceName,
          containerPort: GATE_PORT,
        },
      ],
    });
    // A task that cannot connect yet does not start, and three such tasks make the deployment fail.
    service.node.addDependency(loadBalancer.listening, loadBalancer.reachesGate, ...connections);
    if (isScaled) this.#scale(service, tasks, gate.maxTasks);
  }

  #createCluster({ containerInsights }: GateServiceProps): CfnCluster {
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: this.clusterName,
      clusterSettings: [{ name: 'containerInsights', value: containerInsights ? 'enabled' : 'disabled' }],
    });
    if (!containerInsights) {
      const reason = 'The load balancer has the metrics of the alarms. `ecs.containerInsights` turns it on.';
      acknowledge(
        cluster,
        { id: 'AwsSolutions-ECS4', reason },
        { id: `${CONTROL_TOWER}::ecs_container_insights_enabled_check`, reason },
      );
    }
    return cluster;
  }

  /**
   * Lets the gate connect to AWS, the API and the issuer. The network lets it connect to workbenches.
   * @returns The rules.
   */
  #allowConnections(network: Network, { oidc }: GatewaySettings): readonly CfnSecurityGroupEgress[] {
    const issuerPort = oidc === undefined ? '' : new URL(oidc.issuer).port;
    const ports = new Set([HTTPS_PORT, ...(issuerPort === '' ? [] : [Number(issuerPort)])]);
    return [...ports].map(
      (port) =>
        new CfnSecurityGroupEgress(this, `To${port}`, {
          groupId: network.gateway.securityGroupId,
          ipProtocol: 'tcp',
          fromPort: port,
          toPort: port,
          cidrIp: '0.0.0.0/0',
          description: port === HTTPS_PORT ? 'AWS, the API and the issuer' : 'The issuer',
        }),
    );
  }

  /** Returns the ARN of the revision. */
  #createTaskDefinition(props: GateServiceProps): string {
    const { installation, gate, image, environment, logRetention } = props;
    const logGroup = createLogGroup(this, 'LogGroup', { name: `/${installation}/gate`, logRetention });
    const assumedBy = servicePrincipalOf(this, 'ecs-tasks.amazonaws.com');
    const role = new Role(this, 'TaskRole', { description: 'The gate', assumedBy });
    const executionRole = new Role(this, 'ExecutionRole', {
      description: 'ECS: pulls the image of the gate and writes its log',
      assumedBy,
    });
    const policies = [
      ...allow(this, 'Permissions', role, gatePermissions(props.resources)),
      ...allow(
        this,
        'Execution',
        executionRole,
        gateExecutionPermissions(props.repository, logGroup.logGroupArn),
      ),
    ];
    const definition = new CfnTaskDefinition(this, 'TaskDefinition', {
      family: this.clusterName,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(gate.cpuUnits),
      memory: String(gate.memoryMib),
      runtimePlatform: {
        operatingSystemFamily: 'LINUX',
        cpuArchitecture: gate.image.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      },
      taskRoleArn: role.roleArn,
      executionRoleArn: executionRole.roleArn,
      containerDefinitions: [
        {
          name: this.serviceName,
          image,
          essential: true,
          memory: gate.memoryMib,
          user: USER,
          privileged: false,
          readonlyRootFilesystem: true,
          linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
          ulimits: [{ name: 'nofile', softLimit: OPEN_FILES_MAX, hardLimit: OPEN_FILES_MAX }],
          stopTimeout: STOP_TIMEOUT_SECONDS,
          portMappings: [{ containerPort: GATE_PORT, protocol: 'tcp' }],
          environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': logGroup.logGroupName,
              'awslogs-region': Stack.of(this).region,
              'awslogs-stream-prefix': this.serviceName,
              // A log that is not accepted must not stop the gate.
              mode: 'non-blocking',
              'max-buffer-size': '4m',
            },
          },
        },
      ],
    });
    acknowledge(definition, {
      id: 'AwsSolutions-ECS2',
      reason:
        'The environment contains names and addresses. The gate reads its secrets from Secrets Manager.',
    });
    definition.node.addDependency(...policies);
    return definition.ref;
  }

  /** Application Auto Scaling creates its service-linked role itself. */
  #scale(service: CfnService, min: number, max: number): void {
    const target = new CfnScalableTarget(this, 'Scaling', {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${this.clusterName}/${this.serviceName}`,
      minCapacity: min,
      maxCapacity: max,
    });
    target.node.addDependency(service);
    new CfnScalingPolicy(this, 'CpuScaling', {
      policyName: 'cpu',
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        targetValue: CPU_TARGET_PERCENT,
        scaleOutCooldown: 60,
        // A removed task ends its WebSockets.
        scaleInCooldown: 900,
      },
    });
  }
}
