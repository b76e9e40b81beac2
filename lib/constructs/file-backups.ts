import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import type { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

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
