import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { TABLE } from '#contract/table.ts';
import { REPORTS_LISTED_MAX, REPORTS_RETENTION_MS, type ReportStore } from '#core/ports/report-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { type ReconcileReport, reconcileReportSchema } from '#core/reconcile/report.ts';
import { callDynamoDb } from './errors.ts';
import { type Item, keyAttributes, REPORTS_PARTITION, reportKey } from './keys.ts';

/** Reports in DynamoDB: one partition, a few items an hour. The TTL of the table deletes them. */
export class DynamoReportStore implements ReportStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #telemetry: Telemetry;

  constructor(client: DynamoDBClient, tableName: string, telemetry: Telemetry) {
    this.#client = client;
    this.#table = tableName;
    this.#telemetry = telemetry;
  }

  async add(report: ReconcileReport): Promise<void> {
    const expiresAtSeconds = Math.ceil((report.endedAt + REPORTS_RETENTION_MS) / 1000);
    await callDynamoDb('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(reportKey(report.endedAt, report.sweep)),
            report: { M: marshall(z.encode(reconcileReportSchema, report), { removeUndefinedValues: true }) },
            [TABLE.ttlAttribute]: { N: String(expiresAtSeconds) },
          },
        }),
      ),
    );
  }

  async list(): Promise<readonly ReconcileReport[]> {
    const response = await callDynamoDb('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: REPORTS_LISTED_MAX,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: REPORTS_PARTITION } },
        }),
      ),
    );
    return (response.Items ?? []).flatMap((item) => this.#parseOrReport(item) ?? []);
  }

  #parseOrReport(item: Item): ReconcileReport | undefined {
    try {
      return reconcileReportSchema.parse(unmarshall(item.report?.M ?? {}));
    } catch (error) {
      this.#telemetry.error('report is unreadable; skipped', {}, error);
      return undefined;
    }
  }
}
