import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BackupPlan,
  BackupPlanRule,
  BackupResource,
  BackupVault,
  type IBackupVault,
} from 'aws-cdk-lib/aws-backup';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { AccessPoint, FileSystem, LifecyclePolicy, ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import { backupVaultNameOf, functionNameOf } from '../deployment-names.ts';
import { allow } from '../permissions/allow.ts';
import {
  fileSystemPolicy,
  janitorMountPermissions,
  workbenchMountPermissions,
} from '../permissions/mounts.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';

export interface WorkbenchFilesProps {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly installation: string;
  /** 1-20. The number must not decrease, because existing file systems contain files. */
  readonly fileSystemCount: number;
  /** ARNs of the roles of operators who may also mount the file systems. */
  readonly operatorRoles: readonly string[];
  /** Whether the policies of the file systems deny every other role. */
  readonly denyOtherRoles: boolean;
}

/** A file system, and the janitor that can access all of it. */
export interface WorkbenchFileSystem {
  readonly fileSystem: FileSystem;
  /** Access point of the parent directory of all volumes. */
  readonly parent: AccessPoint;
  readonly janitorRole: Role;
  readonly janitorName: string;
}

/**
 * The file systems and the roles that can mount them. The role of the workbenches mounts the access point of one
 * volume.
 * The role of a janitor mounts the access point of the parent directory of all volumes.
 */
export class WorkbenchFiles extends Construct {
  readonly fileSystems: readonly WorkbenchFileSystem[];
  readonly taskRole: IRole;

  constructor(scope: Construct, id: string, props: WorkbenchFilesProps) {
    super(scope, id);
    const taskRole = new Role(this, 'TaskRole', {
      description: 'Workbenches: mounts their files only',
      assumedBy: servicePrincipalOf(this, 'ecs-tasks.amazonaws.com'),
    });
    this.taskRole = taskRole;
    this.fileSystems = Array.from({ length: props.fileSystemCount }, (_, index) =>
      this.#createFileSystem(index, taskRole, props),
    );
    allow(
      this,
      'TaskMounts',
      taskRole,
      workbenchMountPermissions(
        this,
        this.fileSystems.map(({ fileSystem }) => fileSystem.fileSystemArn),
        this.fileSystems.map(({ parent }) => parent.accessPointArn),
      ),
    );
  }

  #createFileSystem(index: number, taskRole: Role, props: WorkbenchFilesProps): WorkbenchFileSystem {
    const { vpc, securityGroup, installation, operatorRoles, denyOtherRoles } = props;
    // Fixed, because the policy of the role contains it and is created before the function.
    const janitorName = functionNameOf(installation, `janitor-${index}`);
    const janitorRole = new Role(this, `JanitorRole${index}`, {
      description: `${janitorName}: deletes the files of deleted workbenches`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const fileSystem = new FileSystem(this, `FileSystem${index}`, {
      vpc,
      securityGroup,
      fileSystemName: `${installation}-${index}`,
      encrypted: true,
      throughputMode: ThroughputMode.ELASTIC,
      // Files without access for a long time move to cheaper storage classes and move back at the first read.
      lifecyclePolicy: LifecyclePolicy.AFTER_60_DAYS,
      transitionToArchivePolicy: LifecyclePolicy.AFTER_270_DAYS,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      // The policy below is complete. CDK's statement for anonymous access would admit every role of the account.
      allowAnonymousAccess: true,
      fileSystemPolicy: fileSystemPolicy({
        task: taskRole,
        janitor: janitorRole,
        operators: operatorRoles,
        denyOthers: denyOtherRoles,
      }),
    });
    acknowledge(fileSystem, {
      id: `${CONTROL_TOWER}::efs_automatic_backups_enabled_check`,
      reason: 'A separate backup plan covers it, with the retention in the settings of the stage.',
    });
    const parent = new AccessPoint(this, `Parent${index}`, {
      fileSystem,
      path: VOLUMES_PARENT,
      // The janitor acts as root, because it must delete files of any owner and mode.
      posixUser: { uid: '0', gid: '0' },
      createAcl: { ownerUid: '0', ownerGid: '0', permissions: '755' },
    });
    allow(this, `JanitorMounts${index}`, janitorRole, [
      ...janitorMountPermissions(fileSystem.fileSystemArn, parent.accessPointArn),
    ]);
    return { fileSystem, parent, janitorRole, janitorName };
  }
}

/**
 * Daily backups of the file systems. The vault is retained when the stack is deleted, because it may be the last copy.
 */
export class FileBackups extends Construct {
  readonly vault: IBackupVault;

  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly installation: string;
      readonly fileSystems: readonly FileSystem[];
      readonly retentionDays: number;
      /** Name of the vault of an earlier installation. @default a new vault */
      readonly existingVault: string | undefined;
    },
  ) {
    super(scope, id);
    const { installation, fileSystems, retentionDays, existingVault } = props;
    this.vault =
      existingVault === undefined
        ? new BackupVault(this, 'Vault', {
            backupVaultName: backupVaultNameOf(installation),
            removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
          })
        : BackupVault.fromBackupVaultName(this, 'Vault', existingVault);
    const plan = new BackupPlan(this, 'Plan', {
      backupPlanName: installation,
      backupVault: this.vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
          startWindow: Duration.hours(1),
          // Backups are incremental after the first. A longer one is cancelled and reported.
          completionWindow: Duration.hours(20),
          deleteAfter: Duration.days(retentionDays),
        }),
      ],
    });
    const role = new Role(this, 'Role', {
      description: 'Backs up the file systems',
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSBackupServiceRolePolicyForBackup'),
      ],
    });
    acknowledge(role, {
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
      reason:
        'AWS Backup requires this policy and AWS updates it with the service. Only AWS Backup can assume the role.',
    });
    plan.addSelection('FileSystems', {
      role,
      resources: fileSystems.map((fileSystem) => BackupResource.fromEfsFileSystem(fileSystem)),
      disableDefaultBackupPolicy: true,
    });
  }
}
