import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Permission } from './allow.ts';
import { accessPointArn } from './mounts.ts';
import type { PermissionContext } from './permission-context.ts';

/** Rights on the files of workbenches: their access points, and the janitors that alone see what is in them. */
export function manageVolumes(our: PermissionContext): readonly Permission[] {
  const { scope, installation, fileSystems, janitors } = our;
  const points = accessPointArn(scope, '*');
  const tagged = { StringEquals: { [`aws:RequestTag/${INSTALLATION_TAG}`]: installation } };
  return [
    {
      sid: 'CreateAccessPoint',
      actions: ['elasticfilesystem:CreateAccessPoint'],
      resources: fileSystems,
      conditions: tagged,
      why: 'An access point for each workbench forces its directory and its user.',
    },
    {
      sid: 'TagAccessPoint',
      actions: ['elasticfilesystem:TagResource'],
      resources: [points],
      conditions: {
        StringEquals: { ...tagged.StringEquals, 'elasticfilesystem:CreateAction': 'CreateAccessPoint' },
      },
      why: 'By its tags an access point is known as ours.',
    },
    {
      sid: 'DescribeAccessPoints',
      actions: ['elasticfilesystem:DescribeAccessPoints'],
      resources: [...fileSystems, points],
      why: 'Whether an access point can be used yet; which there are.',
    },
    {
      sid: 'DeleteAccessPoint',
      actions: ['elasticfilesystem:DeleteAccessPoint'],
      resources: [points],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${INSTALLATION_TAG}`]: installation },
        Null: { [`aws:ResourceTag/${WORKBENCH_TAG}`]: 'false' },
      },
      why: 'With a destroyed workbench goes its access point; never that of a janitor.',
    },
    {
      sid: 'InvokeJanitors',
      actions: ['lambda:InvokeFunction'],
      resources: janitors,
      why: 'Has directories looked at, wiped and set aside.',
    },
  ];
}
