import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import {
  CfnListener,
  CfnListenerRule,
  CfnLoadBalancer,
  CfnTargetGroup,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct, DependencyGroup, type IDependable } from 'constructs';
import { GATE_PORT } from '#contract/settings/gate-deployment-settings.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import type { GatewaySettings } from '../settings/gateway.ts';
import type { AccessLogBucket } from './access-log-bucket.ts';
import type { Network } from './network.ts';

export interface GateLoadBalancerProps {
  readonly gate: GatewaySettings;
  /** The host name of the sign-in host. */
  readonly domain: string;
  readonly network: Network;
  readonly logs: AccessLogBucket;
  readonly deletionProtection: boolean;
}

/** The maximum, seconds. The pings of the gate keep WebSockets open; a longer pause than this ends one. */
export const IDLE_TIMEOUT_SECONDS = 4000;
/** How long a task that is being replaced may finish its responses, seconds. */
export const DEREGISTRATION_DELAY_SECONDS = 60;

/** TLS 1.2 with forward secrecy, and TLS 1.3. */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

/**
 * The load balancer in front of the tasks of the gate, with its certificate and the records of its names. It forwards
 * requests for the sign-in host and the hosts one level below it, and responds to any other with 404.
 */
export class GateLoadBalancer extends Construct {
  readonly targetGroupArn: string;
  /** For metrics. */
  readonly fullName: string;
  readonly targetGroupFullName: string;
  /** For a record in another DNS. */
  readonly dnsName: string;
  /** A service can be created when its target group has a listener. */
  readonly listening: IDependable;
  /** A task becomes healthy when the load balancer can connect to it. */
  readonly reachesGate: IDependable;

  constructor(scope: Construct, id: string, props: GateLoadBalancerProps) {
    super(scope, id);
    const { gate, domain, network } = props;
    const group = this.#createSecurityGroup(gate, network);
    this.reachesGate = this.#allowConnections(group, network.gateway.securityGroupId);
    const balancer = this.#createLoadBalancer(props, group);
    const targets = new CfnTargetGroup(this, 'Targets', {
      vpcId: network.vpc.vpcId,
      targetType: 'ip',
      protocol: 'HTTP',
      port: GATE_PORT,
      healthCheckPath: '/.wb/health',
      healthCheckIntervalSeconds: 10,
      healthCheckTimeoutSeconds: 5,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: '200' },
      targetGroupAttributes: attributes({
        'deregistration_delay.timeout_seconds': DEREGISTRATION_DELAY_SECONDS,
        // Sessions are in cookies, so that every task can serve every request.
        'stickiness.enabled': false,
      }),
    });
    const loadBalancerArn = balancer.ref;
    new CfnListener(this, 'Http', {
      loadBalancerArn,
      protocol: 'HTTP',
      port: 80,
      defaultActions: [
        { type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } },
      ],
    });
    const https = new CfnListener(this, 'Https', {
      loadBalancerArn,
      protocol: 'HTTPS',
      port: 443,
      sslPolicy: TLS_POLICY,
      certificates: [{ certificateArn: gate.certificateArn ?? this.#createCertificate(gate, domain) }],
      defaultActions: [
        {
          type: 'fixed-response',
          fixedResponseConfig: {
            statusCode: '404',
            contentType: 'text/plain',
            messageBody: 'Unknown host.\n',
          },
        },
      ],
    });
    const rule = new CfnListenerRule(this, 'Hosts', {
      listenerArn: https.ref,
      priority: 1,
      conditions: [{ field: 'host-header', hostHeaderConfig: { values: [domain, `*.${domain}`] } }],
      actions: [{ type: 'forward', targetGroupArn: targets.ref }],
    });
    this.#addRecords(gate, domain, balancer);
    this.targetGroupArn = targets.ref;
    this.fullName = balancer.attrLoadBalancerFullName;
    this.targetGroupFullName = targets.attrTargetGroupFullName;
    this.dnsName = balancer.attrDnsName;
    this.listening = rule;
  }

  /** @param group id of its security group */
  #createLoadBalancer(
    { gate, network, logs, deletionProtection }: GateLoadBalancerProps,
    group: string,
  ): CfnLoadBalancer {
    const balancer = new CfnLoadBalancer(this, 'LoadBalancer', {
      type: 'application',
      scheme: gate.internetFacing ? 'internet-facing' : 'internal',
      ipAddressType: 'ipv4',
      subnets: subnetsFor(gate, network),
      securityGroups: [group],
      loadBalancerAttributes: attributes({
        'idle_timeout.timeout_seconds': IDLE_TIMEOUT_SECONDS,
        'deletion_protection.enabled': deletionProtection,
        // Drops headers with an underscore, too, which some servers read as a hyphen.
        'routing.http.drop_invalid_header_fields.enabled': true,
        // `strictest` would refuse requests of ordinary programs, such as a GET with `Content-Length: 0`.
        'routing.http.desync_mitigation_mode': 'defensive',
        'routing.http.preserve_host_header.enabled': true,
        'routing.http.xff_header_processing.mode': 'append',
        'routing.http2.enabled': true,
        'access_logs.s3.enabled': true,
        'access_logs.s3.bucket': logs.name,
        'access_logs.s3.prefix': logs.prefix,
      }),
    });
    balancer.node.addDependency(logs.writable);
    if (!deletionProtection) {
      acknowledge(balancer, {
        id: `${CONTROL_TOWER}::elbv2_deletion_protection_enabled_check`,
        reason: 'Only a production stage is protected from deletion.',
      });
    }
    return balancer;
  }

  /** Returns the id of the load balancer's security group. */
  #createSecurityGroup({ allowedCidrs }: GatewaySettings, network: Network): string {
    const group = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'The load balancer in front of the gate',
      allowAllOutbound: false,
    });
    for (const cidr of allowedCidrs) {
      for (const port of [80, 443])
        group.addIngressRule(Peer.ipv4(cidr), Port.tcp(port), 'gateway.allowedCidrs');
    }
    acknowledge(group, {
      id: 'AwsSolutions-EC23',
      reason: 'Browsers connect from everywhere unless `gateway.allowedCidrs` limits the addresses.',
    });
    return group.securityGroupId;
  }

  /** Lets a group connect to the gate. */
  #allowConnections(balancerId: string, gateId: string): IDependable {
    const rule = {
      ipProtocol: 'tcp',
      fromPort: GATE_PORT,
      toPort: GATE_PORT,
      description: 'From the load balancer to the gate',
    };
    const egress = new CfnSecurityGroupEgress(this, 'ToGate', {
      ...rule,
      groupId: balancerId,
      destinationSecurityGroupId: gateId,
    });
    const ingress = new CfnSecurityGroupIngress(this, 'FromLoadBalancer', {
      ...rule,
      groupId: gateId,
      sourceSecurityGroupId: balancerId,
    });
    return new DependencyGroup(egress, ingress);
  }

  #createCertificate({ hostedZone }: GatewaySettings, domain: string): string {
    const names = [domain, `*.${domain}`];
    return new CfnCertificate(this, 'Certificate', {
      domainName: domain,
      subjectAlternativeNames: names.slice(1),
      validationMethod: 'DNS',
      domainValidationOptions: names.map((domainName) => ({
        domainName,
        ...(hostedZone === undefined ? {} : { hostedZoneId: hostedZone.id }),
      })),
    }).ref;
  }

  #addRecords({ hostedZone }: GatewaySettings, domain: string, balancer: CfnLoadBalancer): void {
    if (hostedZone === undefined) return;
    for (const [id, name] of [
      ['SignInRecord', domain],
      ['WorkbenchRecord', `*.${domain}`],
    ] as const) {
      new CfnRecordSet(this, id, {
        hostedZoneId: hostedZone.id,
        name,
        type: 'A',
        aliasTarget: {
          dnsName: balancer.attrDnsName,
          hostedZoneId: balancer.attrCanonicalHostedZoneId,
          evaluateTargetHealth: false,
        },
      });
    }
  }
}

function subnetsFor({ internetFacing, publicSubnets }: GatewaySettings, network: Network): string[] {
  if (!internetFacing) return network.privateSubnets.map(({ subnetId }) => subnetId);
  return [...(publicSubnets ?? network.vpc.publicSubnets.map(({ subnetId }) => subnetId))];
}

/** Attributes in the form of CloudFormation. */
function attributes(values: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));
}
