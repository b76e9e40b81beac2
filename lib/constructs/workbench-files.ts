import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { AccessPoint, FileSystem, LifecyclePolicy, ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
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
  /** 1-20. One that is there is never taken away: it holds files. */
  readonly fileSystemCount: number;
  /** ARNs of roles of people who may mount the file systems, too. */
  readonly operatorRoles: readonly string[];
}

/** A file system together with who may see all of it. */
export interface WorkbenchFileSystem {
  readonly fileSystem: FileSystem;
  /** For the directory that holds those of all workbenches. */
  readonly parent: AccessPoint;
  readonly janitorRole: Role;
  readonly janitorName: string;
}

/**
 * The file systems, and the only two kinds of roles that can mount them: that of the workbenches, each through an
 * access point of its own, and that of each janitor, through the one that leads to the parent of all directories.
 */
export class WorkbenchFiles extends Construct {
  readonly fileSystems: readonly WorkbenchFileSystem[];
  readonly taskRole: IRole;

  constructor(scope: Construct, id: string, props: WorkbenchFilesProps) {
    super(scope, id);
    const taskRole = new Role(this, 'TaskRole', {
      description: 'Workbenches: mounts their files, and nothing else',
      assumedBy: servicePrincipalOf(this, 'ecs-tasks.amazonaws.com'),
    });
    this.taskRole = taskRole;
    this.fileSystems = Array.from({ length: props.fileSystemCount }, (_, at) =>
      this.#createFileSystem(at, taskRole, props),
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

  #createFileSystem(at: number, taskRole: Role, props: WorkbenchFilesProps): WorkbenchFileSystem {
    const { vpc, securityGroup, installation, operatorRoles } = props;
    // Its name is fixed: the policy of its role names it, and comes first.
    const janitorName = `${installation}-janitor-${at}`;
    const janitorRole = new Role(this, `JanitorRole${at}`, {
      description: `${janitorName}: removes the files of destroyed workbenches`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const fileSystem = new FileSystem(this, `FileSystem${at}`, {
      vpc,
      securityGroup,
      fileSystemName: `${installation}-${at}`,
      encrypted: true,
      throughputMode: ThroughputMode.ELASTIC,
      // What nobody has touched for long costs a fraction; the first read brings it back.
      lifecyclePolicy: LifecyclePolicy.AFTER_60_DAYS,
      transitionToArchivePolicy: LifecyclePolicy.AFTER_270_DAYS,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      // Ours is complete; CDK's own statement for anonymous clients would let in every role of the account.
      allowAnonymousAccess: true,
      fileSystemPolicy: fileSystemPolicy({
        task: taskRole.roleArn,
        janitor: janitorRole.roleArn,
        operators: operatorRoles,
      }),
    });
    acknowledge(fileSystem, {
      id: `${CONTROL_TOWER}::efs_automatic_backups_enabled_check`,
      reason: 'It is backed up by a plan of our own, whose retention the settings of the stage say.',
    });
    const parent = new AccessPoint(this, `Parent${at}`, {
      fileSystem,
      path: VOLUMES_PARENT,
      // Whoever made a file, and however they protected it: its removal must not fail for want of rights.
      posixUser: { uid: '0', gid: '0' },
      createAcl: { ownerUid: '0', ownerGid: '0', permissions: '755' },
    });
    allow(this, `JanitorMounts${at}`, janitorRole, [
      ...janitorMountPermissions(fileSystem.fileSystemArn, parent.accessPointArn),
    ]);
    return { fileSystem, parent, janitorRole, janitorName };
  }
}

/** Daily backups of the file systems. The vault outlives its stack: files may be restored from it alone. */
export class FileBackups extends Construct {
  readonly vault: BackupVault;

  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly installation: string;
      readonly fileSystems: readonly FileSystem[];
      readonly retentionDays: number;
    },
  ) {
    super(scope, id);
    const { installation, fileSystems, retentionDays } = props;
    this.vault = new BackupVault(this, 'Vault', { removalPolicy: RemovalPolicy.RETAIN });
    const plan = new BackupPlan(this, 'Plan', {
      backupPlanName: installation,
      backupVault: this.vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
          startWindow: Duration.hours(1),
          // Incremental after the first; one that takes longer is given up and reported.
          completionWindow: Duration.hours(20),
          deleteAfter: Duration.days(retentionDays),
        }),
      ],
    });
    const role = new Role(this, 'Role', {
      description: 'Backs the file systems up',
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSBackupServiceRolePolicyForBackup'),
      ],
    });
    acknowledge(role, {
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
      reason:
        'The policy that AWS Backup asks for, and changes when the service does. It is assumed by that service alone.',
    });
    plan.addSelection('FileSystems', {
      role,
      resources: fileSystems.map((fileSystem) => BackupResource.fromEfsFileSystem(fileSystem)),
      disableDefaultBackupPolicy: true,
    });
  }
}
