import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  ProjectionType,
  TableClass,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { INDEXES, type IndexDefinition, type KeyAttribute, TABLE } from '#contract/table.ts';

/** The table, as contract/table.ts defines it. Outlives its stack, and cannot be deleted by accident. */
export class Records extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: { readonly recoveryDays: number }) {
    super(scope, id);
    const indexes: readonly IndexDefinition[] = Object.values(INDEXES);
    this.table = new TableV2(this, 'Table', {
      partitionKey: attribute(TABLE.partitionKey),
      sortKey: attribute(TABLE.sortKey),
      timeToLiveAttribute: TABLE.ttlAttribute,
      billing: Billing.onDemand(),
      tableClass: TableClass.STANDARD,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.recoveryDays,
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      globalSecondaryIndexes: indexes.map(({ name, partitionKey, sortKey }) => ({
        indexName: name,
        partitionKey: attribute(partitionKey),
        ...(sortKey === undefined ? {} : { sortKey: attribute(sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      })),
    });
  }
}

function attribute({ name, type }: KeyAttribute): Attribute {
  return { name, type: type === 'N' ? AttributeType.NUMBER : AttributeType.STRING };
}
