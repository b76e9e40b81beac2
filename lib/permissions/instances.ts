import { Stack } from 'aws-cdk-lib';
import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';

/** Rights on EC2: only what carries the installation's tag, or gets it. */

function ec2Arn({ scope }: PermissionContext, kind: string, id: string): string {
  return Stack.of(scope).formatArn({ service: 'ec2', resource: kind, resourceName: id });
}

export function describeInstances(): Permission {
  return {
    sid: 'DescribeInstances',
    actions: ['ec2:DescribeInstances'],
    resources: ['*'],
    why: 'In which state machines are.',
    anyResource: 'EC2 knows no resources for it; what does not carry our tag is passed over.',
  };
}

function installationTagCondition({ installation }: PermissionContext) {
  return { StringEquals: { [`aws:ResourceTag/${INSTALLATION_TAG}`]: installation } };
}

export function terminateInstances(our: PermissionContext): Permission {
  return {
    sid: 'TerminateInstances',
    actions: ['ec2:TerminateInstances'],
    resources: [ec2Arn(our, 'instance', '*')],
    conditions: installationTagCondition(our),
    why: 'Ends machines of this installation: dedicated ones with their workbench, shared ones whose agent has been silent for long.',
  };
}

export function startAndStopHosts(our: PermissionContext): Permission {
  return {
    sid: 'StartAndStopHosts',
    actions: ['ec2:StartInstances', 'ec2:StopInstances'],
    resources: [ec2Arn(our, 'instance', '*')],
    conditions: { ...installationTagCondition(our), Null: { [`aws:ResourceTag/${WORKBENCH_TAG}`]: 'false' } },
    why: 'Dedicated machines are started and stopped with their workbench.',
  };
}

export function launchHosts(our: PermissionContext): readonly Permission[] {
  const {
    installation,
    launchTemplates,
    hostSubnets,
    hostSecurityGroup,
    hostInstanceTypes: dedicatedTypes,
    scope,
  } = our;
  if (dedicatedTypes.length === 0) return [];
  const templates = launchTemplates.map((id) => ec2Arn(our, 'launch-template', id));
  const fromTemplate = { ArnEquals: { 'ec2:LaunchTemplate': templates } };
  const tagged = { StringEquals: { [`aws:RequestTag/${INSTALLATION_TAG}`]: installation } };
  const made = ['instance', 'volume', 'network-interface'].map((kind) => ec2Arn(our, kind, '*'));
  return [
    {
      sid: 'LaunchHost',
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(our, 'instance', '*')],
      conditions: {
        ...fromTemplate,
        StringEquals: {
          ...tagged.StringEquals,
          'ec2:InstanceType': dedicatedTypes,
          'ec2:MetadataHttpTokens': 'required',
        },
      },
      why: 'Launches dedicated machines: of the offered types, from our template, with our tag.',
    },
    {
      sid: 'LaunchHostDisk',
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(our, 'volume', '*'), ec2Arn(our, 'network-interface', '*')],
      conditions: { ...fromTemplate, ...tagged },
      why: 'Their disk and network interface.',
    },
    {
      sid: 'LaunchHostFrom',
      actions: ['ec2:RunInstances'],
      resources: [
        ...templates,
        ...hostSubnets.map((id) => ec2Arn(our, 'subnet', id)),
        ec2Arn(our, 'security-group', hostSecurityGroup),
      ],
      conditions: fromTemplate,
      why: 'Where they go, and who reaches them.',
    },
    {
      sid: 'LaunchHostImage',
      actions: ['ec2:RunInstances'],
      resources: [`arn:${Stack.of(scope).partition}:ec2:${Stack.of(scope).region}::image/*`],
      conditions: { ...fromTemplate, StringEquals: { 'ec2:Owner': 'amazon' } },
      why: 'With an image of AWS’s own, which the template names.',
    },
    {
      sid: 'TagHost',
      actions: ['ec2:CreateTags'],
      resources: made,
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      why: 'By its tags a machine is known as ours.',
    },
    {
      sid: 'PassInstanceRole',
      actions: ['iam:PassRole'],
      resources: [our.instanceRole],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      why: 'They run with the role of machines and no other.',
    },
  ];
}
