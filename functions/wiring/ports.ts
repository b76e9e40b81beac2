import { RandomIds } from '#adapters/random-ids.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { MovePorts } from '#core/workbench/change-owner.ts';
import type { StartPorts } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import type { ApiPorts, WorkbenchApiPorts } from '../middleware/api-handler.ts';
import { workQueue } from './queue.ts';
import {
  auditStore,
  historyStore,
  idempotencyStore,
  openTable,
  quotaStore,
  shareStore,
  startRateStore,
  type Table,
  usageStore,
  workbenchStore,
} from './table.ts';

interface ApiWiring {
  readonly settings: DeployedSettingsFor<'WB_TABLE_NAME' | 'WB_AUDIT_DAYS'>;
  readonly telemetry: Telemetry;
}
type ChangeWiring = ApiWiring & { readonly settings: DeployedSettingsFor<'WB_QUEUE_URL'> };

/** The ports of every function of the API that requires authorization. */
export function apiPorts({ settings, telemetry }: ApiWiring, table: Table): ApiPorts {
  return { clock: systemClock, telemetry, audit: auditStore(table, settings) };
}

/** The ports of every function that serves a route of one workbench: also those that find the right of the user. */
export function workbenchApiPorts(
  wiring: ApiWiring,
  table: Table,
): WorkbenchApiPorts & { readonly shares: ShareStore; readonly workbenches: WorkbenchStore } {
  return { ...apiPorts(wiring, table), workbenches: workbenchStore(table), shares: shareStore(table) };
}

/** The ports with which the API changes a workbench. */
export function changePorts(
  wiring: ChangeWiring,
  table: Table = openTable(wiring),
): RecordPorts & QueuePorts & WorkbenchApiPorts {
  return { ...workbenchApiPorts(wiring, table), ...recordPorts(wiring, table) };
}

/** The ports with which the API changes the owner of a workbench. */
export function movePorts(wiring: ChangeWiring): MovePorts & WorkbenchApiPorts {
  const table = openTable(wiring);
  return {
    ...changePorts(wiring, table),
    shares: shareStore(table),
    startRates: startRateStore(table),
    idempotency: idempotencyStore(table),
  };
}

/** The ports with which the API starts a workbench: also the number of starts of its user. */
export function startPorts(wiring: ChangeWiring): StartPorts & WorkbenchApiPorts {
  const table = openTable(wiring);
  return { ...changePorts(wiring, table), startRates: startRateStore(table), ids: new RandomIds() };
}

interface RecordWiring {
  readonly settings: DeployedSettingsFor<'WB_TABLE_NAME' | 'WB_QUEUE_URL'>;
  readonly telemetry: Telemetry;
}

/** The ports that are needed to change a workbench: the stores, and the work queue. */
export function recordPorts(
  wiring: RecordWiring,
  table: Table = openTable(wiring),
): RecordPorts & QueuePorts {
  return {
    workbenches: workbenchStore(table),
    history: historyStore(table),
    quotas: quotaStore(table),
    usage: usageStore(table),
    queue: workQueue(wiring.settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry: wiring.telemetry,
  };
}
