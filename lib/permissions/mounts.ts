import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Permission } from './allow.ts';

/** What a client of NFS can ask for. */
const MOUNT = 'elasticfilesystem:ClientMount';
const WRITE = 'elasticfilesystem:ClientWrite';
const ROOT = 'elasticfilesystem:ClientRootAccess';
const CLIENT = [MOUNT, WRITE, ROOT];

const ACCESS_POINT = 'elasticfilesystem:AccessPointArn';

/**
 * The policy of a file system. It only forbids: what is left must be allowed by a role's own policy, and clients
 * without a role have none.
 */
export function fileSystemPolicy(roles: {
  readonly task: string;
  readonly janitor: string;
  readonly operators: readonly string[];
}): PolicyDocument {
  const { task, janitor, operators } = roles;
  const forbid = (
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
      forbid('DenyWithoutTls', CLIENT, { Bool: { 'aws:SecureTransport': 'false' } }),
      // A client without a role has no PrincipalArn: that is not equal either.
      forbid('DenyOtherRoles', CLIENT, {
        ArnNotEquals: { 'aws:PrincipalArn': [task, janitor, ...operators] },
      }),
      forbid('DenyWithoutAccessPoint', CLIENT, {
        Null: { [ACCESS_POINT]: 'true' },
        ...(operators.length === 0 ? {} : { ArnNotEquals: { 'aws:PrincipalArn': operators } }),
      }),
      forbid('DenyRootForWorkbenches', [ROOT], { ArnEquals: { 'aws:PrincipalArn': task } }),
    ],
  });
}

/** Of the workbenches: their files, each through the access point that its task definition names. */
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
      why: "Mounts the workbench's files, through an access point that forces its directory and its user. Its id has 68 random bits and can be listed by no workbench.",
    },
    {
      sid: 'DenyParentMount',
      denies: true,
      actions: CLIENT,
      resources: fileSystems,
      conditions: { ArnEquals: { [ACCESS_POINT]: parents } },
      why: 'The directory that holds those of all workbenches is the janitor’s.',
    },
  ];
}

/** Of a janitor: all files of one file system, through one access point. */
export function janitorMountPermissions(fileSystem: string, parent: string): readonly Permission[] {
  return [
    {
      sid: 'MountParent',
      actions: CLIENT,
      resources: [fileSystem],
      conditions: { ArnEquals: { [ACCESS_POINT]: parent } },
      why: 'Removes the directories of destroyed workbenches, whoever owns what is in them.',
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
