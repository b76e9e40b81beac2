import { Stack } from 'aws-cdk-lib';
import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';

/** Permissions on EC2. They cover only resources that have, or receive, the tag of the installation. */

function ec2Arn({ scope }: PermissionContext, kind: string, id: string): string {
  return Stack.of(scope).formatArn({ service: 'ec2', resource: kind, resourceName: id });
}

export function describeInstances(): Permission {
  return {
    sid: 'DescribeInstances',
    actions: ['ec2:DescribeInstances'],
    resources: ['*'],
    why: 'Reads the states of instances.',
    anyResource:
      'EC2 supports no resources for it. The functions ignore instances without the tag of the installation.',
  };
}

function installationTagCondition({ installation }: PermissionContext) {
  return { StringEquals: { [`aws:ResourceTag/${INSTALLATION_TAG}`]: installation } };
}

export function terminateInstances(context: PermissionContext): Permission {
  return {
    sid: 'TerminateInstances',
    actions: ['ec2:TerminateInstances'],
    resources: [ec2Arn(context, 'instance', '*')],
    conditions: installationTagCondition(context),
    why: 'Terminates instances of this installation: hosts of deleted workbenches, and shared instances whose agent has been disconnected for too long.',
  };
}

export function startAndStopHosts(context: PermissionContext): Permission {
  return {
    sid: 'StartAndStopHosts',
    actions: ['ec2:StartInstances', 'ec2:StopInstances'],
    resources: [ec2Arn(context, 'instance', '*')],
    conditions: {
      ...installationTagCondition(context),
      Null: { [`aws:ResourceTag/${WORKBENCH_TAG}`]: 'false' },
    },
    why: 'Starts and stops hosts with their workbench.',
  };
}

export function launchHosts(context: PermissionContext): readonly Permission[] {
  const { installation, launchTemplates, hostSubnets, hostSecurityGroup, hostInstanceTypes, scope } = context;
  if (hostInstanceTypes.length === 0) return [];
  const templates = launchTemplates.map((id) => ec2Arn(context, 'launch-template', id));
  const fromTemplate = { ArnEquals: { 'ec2:LaunchTemplate': templates } };
  const tagged = { StringEquals: { [`aws:RequestTag/${INSTALLATION_TAG}`]: installation } };
  const launched = ['instance', 'volume', 'network-interface'].map((kind) => ec2Arn(context, kind, '*'));
  return [
    {
      sid: 'LaunchHost',
      managedPolicy: 'Launches',
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(context, 'instance', '*')],
      conditions: {
        ...fromTemplate,
        StringEquals: {
          ...tagged.StringEquals,
          'ec2:InstanceType': hostInstanceTypes,
          'ec2:MetadataHttpTokens': 'required',
        },
      },
      why: 'Launches hosts of the configured types, from the launch template of the installation and with its tag.',
    },
    {
      sid: 'LaunchHostDisk',
      managedPolicy: 'Launches',
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(context, 'volume', '*'), ec2Arn(context, 'network-interface', '*')],
      conditions: { ...fromTemplate, ...tagged },
      why: 'Creates the disk and network interface of a host.',
    },
    {
      sid: 'LaunchHostFrom',
      managedPolicy: 'Launches',
      actions: ['ec2:RunInstances'],
      resources: [
        ...templates,
        ...hostSubnets.map((id) => ec2Arn(context, 'subnet', id)),
        ec2Arn(context, 'security-group', hostSecurityGroup),
      ],
      conditions: fromTemplate,
      why: 'Launches hosts into these subnets and this security group.',
    },
    {
      sid: 'LaunchHostImage',
      managedPolicy: 'Launches',
      actions: ['ec2:RunInstances'],
      resources: [`arn:${Stack.of(scope).partition}:ec2:${Stack.of(scope).region}::image/*`],
      conditions: { ...fromTemplate, StringEquals: { 'ec2:Owner': 'amazon' } },
      why: 'Launches hosts from an AMI of AWS, which the template names.',
    },
    {
      sid: 'TagHost',
      actions: ['ec2:CreateTags'],
      resources: launched,
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      why: 'The tags identify the instances of the installation.',
    },
    {
      sid: 'PassInstanceRole',
      actions: ['iam:PassRole'],
      resources: [context.instanceRole],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      why: 'Hosts get this instance role and no other.',
    },
  ];
}
