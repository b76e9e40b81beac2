import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Permission } from './allow.ts';
import { accessPointArn } from './mounts.ts';
import type { PermissionContext } from './permission-context.ts';

/** Permissions to create volumes: their access points, and the janitors, which alone access the files. */
export function createVolumes(context: PermissionContext): readonly Permission[] {
  return [
    ...createAccessPoints(context),
    invokeJanitors(
      context,
      'Reads from the janitors whether the deletion of a volume has begun, and on which file system it is.',
    ),
  ];
}

/**
 * Permissions to delete and quarantine volumes. An access point is found by creating it again: its token returns the
 * existing one.
 */
export function deleteVolumes(context: PermissionContext): readonly Permission[] {
  const { scope, installation } = context;
  return [
    ...createAccessPoints(context),
    {
      sid: 'DeleteAccessPoint',
      actions: ['elasticfilesystem:DeleteAccessPoint'],
      resources: [accessPointArn(scope, '*')],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${INSTALLATION_TAG}`]: installation },
        Null: { [`aws:ResourceTag/${WORKBENCH_TAG}`]: 'false' },
      },
      why: 'Deletes the access point of a deleted workbench, never that of a janitor.',
    },
    invokeJanitors(context, 'Inspects, deletes and quarantines directories through the janitors.'),
  ];
}

function createAccessPoints({ scope, installation, fileSystems }: PermissionContext): readonly Permission[] {
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
  ];
}

/** IAM cannot distinguish the actions of a janitor: they are in the payload of the call. */
function invokeJanitors({ janitors }: PermissionContext, why: string): Permission {
  return {
    sid: 'InvokeJanitors',
    actions: ['lambda:InvokeFunction'],
    resources: janitors,
    managedPolicy: 'Janitors',
    why,
  };
}
