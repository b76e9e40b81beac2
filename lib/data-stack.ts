import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Network } from './constructs/network.ts';
import { Records } from './constructs/records.ts';
import { FileBackups, WorkbenchFiles } from './constructs/workbench-files.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

/** What must not be lost: records and files. They stay when the stack goes. */
export class DataStack extends WorkbenchStack {
  readonly records: Records;
  readonly files: WorkbenchFiles;
  readonly backups: FileBackups;

  constructor(scope: Construct, settings: StageSettings, network: Network) {
    super(scope, 'data', settings, {
      description: 'Workbench controller: records and files',
      terminationProtection: true,
    });
    const { installation, storage } = settings;
    this.records = new Records(this, 'Records', { recoveryDays: storage.pointInTimeRecoveryDays });
    this.files = new WorkbenchFiles(this, 'Files', {
      vpc: network.vpc,
      securityGroup: network.files,
      installation,
      fileSystemCount: storage.fileSystems,
      operatorRoles: storage.operatorRoles,
    });
    const fileSystems = this.files.fileSystems.map(({ fileSystem }) => fileSystem);
    this.backups = new FileBackups(this, 'Backups', {
      installation,
      fileSystems,
      retentionDays: storage.backupRetentionDays,
    });
    new CfnOutput(this, 'TableName', { value: this.records.table.tableName });
    for (const [at, { fileSystemId }] of fileSystems.entries()) {
      new CfnOutput(this, `FileSystem${at}`, { value: fileSystemId });
    }
    new CfnOutput(this, 'BackupVault', { value: this.backups.vault.backupVaultName });
  }
}
