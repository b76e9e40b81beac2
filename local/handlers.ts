import type { LocalMachine } from '#adapters/local/local-machine.ts';
import { type OperationId, ROUTES } from '#contract/routes.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { DrainStore } from '#core/ports/drain-store.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';
import type { Ids } from '#core/ports/ids.ts';
import type { MachineInventory } from '#core/ports/machine-inventory.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { RunLogReader } from '#core/ports/run-log-reader.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { StartTimesStore } from '#core/ports/start-times-store.ts';
import type { SweepStarter } from '#core/ports/sweep-starter.ts';
import type { TaskRunner } from '#core/ports/task-runner.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { VolumeStore } from '#core/ports/volume-store.ts';
import type { CreatePorts } from '#core/workbench/create-workbench.ts';
import type { DrivePorts } from '#core/workbench/drive.ts';
import { buildCreateWorkbench } from '#functions/api/create-workbench.ts';
import { buildGetHealth } from '#functions/api/get-health.ts';
import { buildGetMe } from '#functions/api/get-me.ts';
import { buildListHistory, buildListLogs } from '#functions/api/history-and-logs.ts';
import { buildListAudit } from '#functions/api/list-audit.ts';
import { buildListStartTimes } from '#functions/api/list-start-times.ts';
import { buildListTemplates } from '#functions/api/list-templates.ts';
import {
  buildCancelDrain,
  buildDrainMachine,
  buildListMachines,
  buildListProviders,
} from '#functions/api/machines.ts';
import { buildOpenWorkbench } from '#functions/api/open-workbench.ts';
import { buildAcceptOwner, buildChangeOwner, buildWithdrawOffer } from '#functions/api/owner.ts';
import type { WarningPort } from '#functions/api/present-workbench.ts';
import { buildGetOwnQuota, buildGetQuota, buildSetQuota } from '#functions/api/quotas.ts';
import { buildReportActivity } from '#functions/api/report-activity.ts';
import {
  buildCreateShareLink,
  buildDeleteShareLink,
  buildListShareLinks,
  buildPreviewShareLink,
  buildRedeemShareLink,
} from '#functions/api/share-links.ts';
import { buildDeleteShare, buildListShares, buildSetShare } from '#functions/api/shares.ts';
import { buildListReports, buildStartSweep } from '#functions/api/sweeps.ts';
import { buildListUsage } from '#functions/api/usage.ts';
import {
  buildDeleteWorkbench,
  buildExtendWorkbench,
  buildRestartWorkbench,
  buildRestoreWorkbench,
  buildStartWorkbench,
  buildStopWorkbench,
  buildUpdateWorkbench,
} from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench, buildListWorkbenches } from '#functions/api/workbenches.ts';
import { toApiHandler } from '#functions/middleware/api-handler.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import type { GatewayRoute } from './gateway/gateway.ts';

/** The ports of all functions. */
export interface LocalPorts extends CreatePorts, DrivePorts, WarningPort {
  readonly ids: Ids;
  readonly activity: ActivityStore;
  readonly audit: AuditStore;
  readonly tickets: TicketStore;
  readonly cutoffs: SessionCutoffStore;
  readonly shares: ShareStore;
  readonly links: ShareLinkStore;
  readonly reports: ReportStore;
  readonly startTimes: StartTimesStore;
  readonly catalog: CapacityCatalog;
  readonly tasks: TaskRunner;
  readonly hosts: HostFleet;
  readonly machines: MachineInventory & Pick<LocalMachine, 'draining'>;
  readonly drains: DrainStore;
  readonly sweeps: SweepStarter;
  readonly usage: UsageStore;
  readonly volumes: VolumeStore;
  readonly logs: RunLogReader;
  /** The keys of the tokens of runs. @default none is valid */
  readonly runKeys?: readonly string[];
}

/** Returns the routes of the API with their handlers. */
export function buildRoutes(ports: LocalPorts, settings: Settings): readonly GatewayRoute[] {
  const handlers: Readonly<Record<OperationId, ApiHandler>> = {
    cancelDrain: buildCancelDrain(ports, settings),
    createWorkbench: refuseWhileDraining(ports, buildCreateWorkbench(ports, settings)),
    acceptOwner: buildAcceptOwner(ports, settings),
    changeOwner: buildChangeOwner(ports, settings),
    deleteWorkbench: buildDeleteWorkbench(ports, settings),
    drainMachine: buildDrainMachine(ports, settings),
    extendWorkbench: buildExtendWorkbench(ports, settings),
    reportActivity: buildReportActivity(ports, settings),
    getHealth: buildGetHealth(ports),
    getMe: buildGetMe(ports, settings),
    getOwnQuota: buildGetOwnQuota(ports, settings),
    getQuota: buildGetQuota(ports, settings),
    getWorkbench: buildGetWorkbench(ports, settings),
    listAudit: buildListAudit(ports, settings),
    listHistory: buildListHistory(ports, settings),
    listLogs: buildListLogs(ports, settings),
    listMachines: buildListMachines(ports, settings),
    listProviders: buildListProviders(ports, settings),
    listReports: buildListReports(ports, settings),
    listStartTimes: buildListStartTimes(ports, settings),
    startSweep: buildStartSweep(ports, settings),
    listTemplates: buildListTemplates(ports, settings),
    listUsage: buildListUsage(ports, settings),
    listWorkbenches: buildListWorkbenches(ports, settings),
    deleteShare: buildDeleteShare(ports, settings),
    listShares: buildListShares(ports, settings),
    setQuota: buildSetQuota(ports, settings),
    setShare: buildSetShare(ports, settings),
    createShareLink: buildCreateShareLink(ports, settings),
    deleteShareLink: buildDeleteShareLink(ports, settings),
    listShareLinks: buildListShareLinks(ports, settings),
    previewShareLink: buildPreviewShareLink(ports, settings),
    redeemShareLink: buildRedeemShareLink(ports, settings),
    openWorkbench: buildOpenWorkbench(ports, settings),
    restoreWorkbench: buildRestoreWorkbench(ports, settings),
    restartWorkbench: refuseWhileDraining(ports, buildRestartWorkbench(ports, settings)),
    startWorkbench: refuseWhileDraining(ports, buildStartWorkbench(ports, settings)),
    stopWorkbench: buildStopWorkbench(ports, settings),
    updateWorkbench: buildUpdateWorkbench(ports, settings),
    withdrawOffer: buildWithdrawOffer(ports, settings),
  };
  return ROUTES.map((route) => ({
    method: route.method,
    path: route.path,
    access: route.access,
    hasBody: 'body' in route,
    handler: handlers[route.operationId],
  }));
}

/** There is no other machine on which a workbench could start. */
function refuseWhileDraining(
  { machines, telemetry }: Pick<LocalPorts, 'machines' | 'telemetry'>,
  handler: ApiHandler,
): ApiHandler {
  const refuse = toApiHandler({ telemetry }, async () => {
    throw new WorkbenchError(
      'draining',
      'No workbench starts at the moment: an operator empties this computer. Try again later.',
    );
  });
  return (event, context) => (machines.draining ? refuse : handler)(event, context);
}
