import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoAuditStore } from '#adapters/aws/dynamodb/audit-store.ts';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoDrainStore } from '#adapters/aws/dynamodb/drain-store.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoQuotaStore } from '#adapters/aws/dynamodb/quota-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareLinkStore } from '#adapters/aws/dynamodb/share-link-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoSweepRequests } from '#adapters/aws/dynamodb/sweep-requests.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoUsageStore } from '#adapters/aws/dynamodb/usage-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { DrainStore } from '#core/ports/drain-store.ts';
import type { FreeCapacityStore } from '#core/ports/free-capacity-store.ts';
import type { QuotaStore } from '#core/ports/quota-store.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { StartRateStore } from '#core/ports/start-rate-store.ts';
import type { StartTimesStore } from '#core/ports/start-times-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { HistoryStore, IdempotencyStore, WorkbenchStore } from '#core/ports/workbench-store.ts';

/** The table, with one DynamoDB client. */
export interface Table {
  readonly client: ReturnType<typeof createTableClient>;
  readonly name: string;
  readonly telemetry: Telemetry;
}

/** Each function creates only the stores that it needs, so that its bundle contains no others. */
export function openTable(wiring: {
  readonly settings: DeployedSettingsFor<'WB_TABLE_NAME'>;
  readonly telemetry: Telemetry;
}): Table {
  return { client: createTableClient(), name: wiring.settings.WB_TABLE_NAME, telemetry: wiring.telemetry };
}

export function workbenchStore({ client, name, telemetry }: Table): WorkbenchStore {
  return new DynamoWorkbenchStore(client, name, telemetry);
}

export function historyStore({ client, name, telemetry }: Table): HistoryStore {
  return new DynamoHistoryStore(client, name, telemetry);
}

export function idempotencyStore({ client, name }: Table): IdempotencyStore {
  return new DynamoIdempotencyStore(client, name);
}

export function startRateStore({ client, name }: Table): StartRateStore {
  return new DynamoStartRateStore(client, name);
}

export function startTimesStore({ client, name }: Table): StartTimesStore {
  return new DynamoStartTimesStore(client, name);
}

export function ticketStore({ client, name }: Table): TicketStore {
  return new DynamoTicketStore(client, name);
}

export function sessionCutoffStore({ client, name }: Table): SessionCutoffStore {
  return new DynamoSessionCutoffStore(client, name);
}

export function activityStore({ client, name }: Table): ActivityStore {
  return new DynamoActivityStore(client, name);
}

export function auditStore(
  { client, name, telemetry }: Table,
  { WB_AUDIT_DAYS: retentionDays }: DeployedSettingsFor<'WB_AUDIT_DAYS'>,
): AuditStore {
  return new DynamoAuditStore(client, { tableName: name, retentionDays, telemetry });
}

export function shareLinkStore({ client, name }: Table): ShareLinkStore {
  return new DynamoShareLinkStore(client, name);
}

export function shareStore({ client, name }: Table): ShareStore {
  return new DynamoShareStore(client, name);
}

export function reportStore({ client, name, telemetry }: Table): ReportStore {
  return new DynamoReportStore(client, name, telemetry);
}

export function sweepRequests({ client, name }: Table): DynamoSweepRequests {
  return new DynamoSweepRequests(client, name);
}

export function freeCapacityStore({ client, name }: Table): FreeCapacityStore {
  return new DynamoFreeCapacityStore(client, name);
}

export function drainStore({ client, name }: Table): DrainStore {
  return new DynamoDrainStore(client, name);
}

export function usageStore({ client, name }: Table): UsageStore {
  return new DynamoUsageStore(client, name);
}

export function quotaStore({ client, name }: Table): QuotaStore {
  return new DynamoQuotaStore(client, name);
}
