import { Stack } from 'aws-cdk-lib';
import {
  AnyPrincipal,
  ArnPrincipal,
  Effect,
  type IPrincipal,
  type IRole,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Permission } from './allow.ts';

/** The permissions of an NFS client. */
const MOUNT = 'elasticfilesystem:ClientMount';
const WRITE = 'elasticfilesystem:ClientWrite';
const ROOT = 'elasticfilesystem:ClientRootAccess';
const CLIENT = [MOUNT, WRITE, ROOT];

const ACCESS_POINT = 'elasticfilesystem:AccessPointArn';

const PRINCIPAL = 'aws:PrincipalArn';

export interface FileSystemRoles {
  readonly task: IRole;
  readonly janitor: IRole;
  /** ARNs of roles. */
  readonly operators: readonly string[];
  /** Whether every other role is denied. */
  readonly denyOthers: boolean;
}

/**
 * Returns the policy of a file system. It only denies. A client needs an Allow in the policy of its role, which clients
 * without a role do not have: any policy replaces the default, which admits them.
 *
 * EFS does not document `aws:PrincipalArn` as a condition key of NFS clients. If EFS does not set it, a negated
 * condition on it matches every client, so `Null` limits such conditions to clients with the key. If EFS refuses such
 * conditions altogether, `denyOthers: false` leaves them out.
 */
export function fileSystemPolicy({ task, janitor, operators, denyOthers }: FileSystemRoles): PolicyDocument {
  const anyone = [new AnyPrincipal()];
  const isNot = (arns: readonly string[]) => ({ ArnNotEquals: { [PRINCIPAL]: [...arns] } });
  const withoutAccessPoint = { [ACCESS_POINT]: 'true' };
  const statements: PolicyStatement[] = [
    deny('DenyWithoutTls', anyone, CLIENT, { Bool: { 'aws:SecureTransport': 'false' } }),
    deny('DenyRootForWorkbenches', [new ArnPrincipal(task.roleArn)], [ROOT]),
  ];
  if (denyOthers) {
    statements.push(
      deny('DenyOtherRoles', anyone, CLIENT, {
        ...isNot([task.roleArn, janitor.roleArn, ...operators]),
        Null: { [PRINCIPAL]: 'false' },
      }),
    );
  }
  if (operators.length === 0) {
    statements.push(deny('DenyWithoutAccessPoint', anyone, CLIENT, { Null: withoutAccessPoint }));
  } else if (denyOthers) {
    statements.push(
      deny('DenyWithoutAccessPoint', anyone, CLIENT, {
        ...isNot(operators),
        Null: { ...withoutAccessPoint, [PRINCIPAL]: 'false' },
      }),
    );
  } else {
    const roles = [task, janitor].map(({ roleArn }) => new ArnPrincipal(roleArn));
    statements.push(deny('DenyWithoutAccessPoint', roles, CLIENT, { Null: withoutAccessPoint }));
  }
  return new PolicyDocument({ statements });
}

function deny(
  sid: string,
  principals: readonly IPrincipal[],
  actions: readonly string[],
  conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [...principals],
    actions: [...actions],
    resources: ['*'],
    ...(conditions === undefined ? {} : { conditions }),
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
