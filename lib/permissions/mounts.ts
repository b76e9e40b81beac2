import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Permission } from './allow.ts';

/** The permissions of an NFS client. */
const MOUNT = 'elasticfilesystem:ClientMount';
const WRITE = 'elasticfilesystem:ClientWrite';
const ROOT = 'elasticfilesystem:ClientRootAccess';
const CLIENT = [MOUNT, WRITE, ROOT];

const ACCESS_POINT = 'elasticfilesystem:AccessPointArn';

/**
 * Returns the policy of a file system. It only denies. A client needs an Allow in the policy of its role, which
 * clients without a role do not have.
 */
export function fileSystemPolicy(roles: {
  readonly task: string;
  readonly janitor: string;
  readonly operators: readonly string[];
}): PolicyDocument {
  const { task, janitor, operators } = roles;
  const deny = (
    sid: string,
    actions: readonly string[],
    conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [...actions],
      resources: ['*'],
      conditions,
    });
  return new PolicyDocument({
    statements: [
      deny('DenyWithoutTls', CLIENT, { Bool: { 'aws:SecureTransport': 'false' } }),
      // Also denies a client without a role, because a missing PrincipalArn is not equal.
      deny('DenyOtherRoles', CLIENT, {
        ArnNotEquals: { 'aws:PrincipalArn': [task, janitor, ...operators] },
      }),
      deny('DenyWithoutAccessPoint', CLIENT, {
        Null: { [ACCESS_POINT]: 'true' },
        ...(operators.length === 0 ? {} : { ArnNotEquals: { 'aws:PrincipalArn': operators } }),
      }),
      deny('DenyRootForWorkbenches', [ROOT], { ArnEquals: { 'aws:PrincipalArn': task } }),
    ],
  });
}

/** The permissions of workbenches on files. Each task uses the access point in its task definition. */
export function workbenchMountPermissions(
  scope: IConstruct,
  fileSystems: readonly string[],
  parents: readonly string[],
): readonly Permission[] {
  return [
    {
      sid: 'MountFiles',
      actions: [MOUNT, WRITE],
      resources: fileSystems,
      conditions: {
        ArnLike: { [ACCESS_POINT]: accessPointArn(scope, '*') },
        Bool: { 'elasticfilesystem:AccessedViaMountTarget': 'true' },
      },
      why: 'Mounts the volume of the workbench through an access point, which enforces its directory and user. The id of an access point has 68 random bits, and workbenches cannot list access points.',
    },
    {
      sid: 'DenyParentMount',
      denies: true,
      actions: CLIENT,
      resources: fileSystems,
      conditions: { ArnEquals: { [ACCESS_POINT]: parents } },
      why: 'Only the janitor mounts the parent directory of all volumes.',
    },
  ];
}

/** The permissions of a janitor: all files of one file system, through one access point. */
export function janitorMountPermissions(fileSystem: string, parent: string): readonly Permission[] {
  return [
    {
      sid: 'MountParent',
      actions: CLIENT,
      resources: [fileSystem],
      conditions: { ArnEquals: { [ACCESS_POINT]: parent } },
      why: 'Deletes the directories of deleted workbenches, including files of any owner.',
    },
  ];
}

export function accessPointArn(scope: IConstruct, id: string): string {
  return Stack.of(scope).formatArn({
    service: 'elasticfilesystem',
    resource: 'access-point',
    resourceName: id,
  });
}
