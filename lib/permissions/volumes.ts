import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Permission } from './allow.ts';
import { accessPointArn } from './mounts.ts';
import type { PermissionContext } from './permission-context.ts';

/** Permissions on volumes: their access accessPoints, and the janitors, which alone access the files. */
export function manageVolumes(context: PermissionContext): readonly Permission[] {
  const { scope, installation, fileSystems, janitors } = context;
  const accessPoints = accessPointArn(scope, '*');
  const tagged = { StringEquals: { [`aws:RequestTag/${INSTALLATION_TAG}`]: installation } };
  return [
    {
      sid: 'CreateAccessPoint',
      actions: ['elasticfilesystem:CreateAccessPoint'],
      resources: fileSystems,
      managedPolicy: 'Volumes',
      conditions: tagged,
      why: 'Creates an access point for each workbench, which enforces its directory and user.',
    },
    {
      sid: 'TagAccessPoint',
      actions: ['elasticfilesystem:TagResource'],
      resources: [accessPoints],
      conditions: {
        StringEquals: { ...tagged.StringEquals, 'elasticfilesystem:CreateAction': 'CreateAccessPoint' },
      },
      why: 'The tags identify the access points of the installation.',
    },
    {
      sid: 'DescribeAccessPoints',
      actions: ['elasticfilesystem:DescribeAccessPoints'],
      resources: [...fileSystems, accessPoints],
      managedPolicy: 'Volumes',
      why: 'Reads whether an access point is available, and lists access points.',
    },
    {
      sid: 'DeleteAccessPoint',
      actions: ['elasticfilesystem:DeleteAccessPoint'],
      resources: [accessPoints],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${INSTALLATION_TAG}`]: installation },
        Null: { [`aws:ResourceTag/${WORKBENCH_TAG}`]: 'false' },
      },
      why: 'Deletes the access point of a deleted workbench, never that of a janitor.',
    },
    {
      sid: 'InvokeJanitors',
      actions: ['lambda:InvokeFunction'],
      resources: janitors,
      managedPolicy: 'Janitors',
      why: 'Inspects, deletes and quarantines directories through the janitors.',
    },
  ];
}
