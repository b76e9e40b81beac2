import { CfnOutput, CrossStackReferences, ReferenceStrength, RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableClass,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { INDEXES, type IndexDefinition, type KeyAttribute, TABLE } from '#contract/table.ts';
import type { Network } from './constructs/network.ts';
import { FileBackups, WorkbenchFiles } from './constructs/workbench-files.ts';
import type { StageSettings } from './settings/stage.ts';
import { isProtected, WorkbenchStack } from './workbench-stack.ts';

/** Records and files. They are retained when the stack is deleted. */
export class DataStack extends WorkbenchStack {
  readonly records: Records;
  readonly files: WorkbenchFiles;
  readonly backups: FileBackups;

  constructor(scope: Construct, settings: StageSettings, network: Network) {
    super(scope, 'data', settings, {
      description: 'Workbench controller: records and files',
      terminationProtection: true,
    });
    // A weak reference to a subnet could make CloudFormation plan the replacement of a mount target, which fails.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const { installation, storage } = settings;
    this.records = new Records(this, 'Records', {
      recoveryDays: storage.pointInTimeRecoveryDays,
      deletionProtection: isProtected(this, 'data'),
    });
    // Also without the stack `events`: CloudFormation deletes no export while that stack, which may be removed later, exists.
    this.exportValue(this.records.streamArn);
    this.files = new WorkbenchFiles(this, 'Files', {
      vpc: network.vpc,
      securityGroup: network.files,
      installation,
      fileSystemCount: storage.fileSystems,
      operatorRoles: storage.operatorRoles,
      denyOtherRoles: storage.denyOtherRoles,
    });
    const fileSystems = this.files.fileSystems.map(({ fileSystem }) => fileSystem);
    this.backups = new FileBackups(this, 'Backups', {
      installation,
      fileSystems,
      retentionDays: storage.backupRetentionDays,
      existingVault: storage.existingBackupVault,
    });
    new CfnOutput(this, 'TableName', { value: this.records.table.tableName });
    for (const [index, { fileSystemId }] of fileSystems.entries()) {
      new CfnOutput(this, `FileSystem${index}`, { value: fileSystemId });
    }
    new CfnOutput(this, 'BackupVault', { value: this.backups.vault.backupVaultName });
  }
}

/** The table that contract/table.ts defines. It is retained when the stack is deleted. */
export class Records extends Construct {
  readonly table: TableV2;
  /** The stream of the table, which has every new item for a day. */
  readonly streamArn: string;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly recoveryDays: number; readonly deletionProtection: boolean },
  ) {
    super(scope, id);
    const indexes: readonly IndexDefinition[] = Object.values(INDEXES);
    this.table = new TableV2(this, 'Table', {
      partitionKey: attribute(TABLE.partitionKey),
      sortKey: attribute(TABLE.sortKey),
      timeToLiveAttribute: TABLE.ttlAttribute,
      billing: Billing.onDemand(),
      tableClass: TableClass.STANDARD,
      // Also without a reader: it costs nothing then.
      dynamoStream: StreamViewType.NEW_IMAGE,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.recoveryDays,
      },
      deletionProtection: props.deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      globalSecondaryIndexes: indexes.map(({ name, partitionKey, sortKey }) => ({
        indexName: name,
        partitionKey: attribute(partitionKey),
        ...(sortKey === undefined ? {} : { sortKey: attribute(sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      })),
    });
    if (this.table.tableStreamArn === undefined) throw new Error('the table has no stream');
    this.streamArn = this.table.tableStreamArn;
  }
}

function attribute({ name, type }: KeyAttribute): Attribute {
  return { name, type: type === 'N' ? AttributeType.NUMBER : AttributeType.STRING };
}
