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
import { build as acceptOwner } from '#functions/api/accept-owner.ts';
import { build as cancelDrain } from '#functions/api/cancel-drain.ts';
import { build as changeOwner } from '#functions/api/change-owner.ts';
import { build as createShareLink } from '#functions/api/create-share-link.ts';
import { build as createWorkbench } from '#functions/api/create-workbench.ts';
import { build as deleteShare } from '#functions/api/delete-share.ts';
import { build as deleteShareLink } from '#functions/api/delete-share-link.ts';
import { build as deleteWorkbench } from '#functions/api/delete-workbench.ts';
import { build as drainMachine } from '#functions/api/drain-machine.ts';
import { build as extendWorkbench } from '#functions/api/extend-workbench.ts';
import { build as getHealth } from '#functions/api/get-health.ts';
import { build as getMe } from '#functions/api/get-me.ts';
import { build as getOwnQuota } from '#functions/api/get-own-quota.ts';
import { build as getQuota } from '#functions/api/get-quota.ts';
import { build as getWorkbench } from '#functions/api/get-workbench.ts';
import { build as listAudit } from '#functions/api/list-audit.ts';
import { build as listHistory } from '#functions/api/list-history.ts';
import { build as listLogs } from '#functions/api/list-logs.ts';
import { build as listMachines } from '#functions/api/list-machines.ts';
import { build as listProviders } from '#functions/api/list-providers.ts';
import { build as listReports } from '#functions/api/list-reports.ts';
import { build as listShareLinks } from '#functions/api/list-share-links.ts';
import { build as listShares } from '#functions/api/list-shares.ts';
import { build as listStartTimes } from '#functions/api/list-start-times.ts';
import { build as listTemplates } from '#functions/api/list-templates.ts';
import { build as listUsage } from '#functions/api/list-usage.ts';
import { build as listWorkbenches } from '#functions/api/list-workbenches.ts';
import { build as openWorkbench } from '#functions/api/open-workbench.ts';
import type { WarningPort } from '#functions/api/present-workbench.ts';
import { build as previewShareLink } from '#functions/api/preview-share-link.ts';
import { build as redeemShareLink } from '#functions/api/redeem-share-link.ts';
import { build as reportActivity } from '#functions/api/report-activity.ts';
import { build as restartWorkbench } from '#functions/api/restart-workbench.ts';
import { build as restoreWorkbench } from '#functions/api/restore-workbench.ts';
import { build as setQuota } from '#functions/api/set-quota.ts';
import { build as setShare } from '#functions/api/set-share.ts';
import { build as startSweep } from '#functions/api/start-sweep.ts';
import { build as startWorkbench } from '#functions/api/start-workbench.ts';
import { build as stopWorkbench } from '#functions/api/stop-workbench.ts';
import { build as updateWorkbench } from '#functions/api/update-workbench.ts';
import { build as withdrawOffer } from '#functions/api/withdraw-offer.ts';
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
    cancelDrain: cancelDrain(ports, settings),
    createWorkbench: refuseWhileDraining(ports, createWorkbench(ports, settings)),
    acceptOwner: acceptOwner(ports, settings),
    changeOwner: changeOwner(ports, settings),
    deleteWorkbench: deleteWorkbench(ports, settings),
    drainMachine: drainMachine(ports, settings),
    extendWorkbench: extendWorkbench(ports, settings),
    reportActivity: reportActivity(ports, settings),
    getHealth: getHealth(ports),
    getMe: getMe(ports, settings),
    getOwnQuota: getOwnQuota(ports, settings),
    getQuota: getQuota(ports, settings),
    getWorkbench: getWorkbench(ports, settings),
    listAudit: listAudit(ports, settings),
    listHistory: listHistory(ports, settings),
    listLogs: listLogs(ports, settings),
    listMachines: listMachines(ports, settings),
    listProviders: listProviders(ports, settings),
    listReports: listReports(ports, settings),
    listStartTimes: listStartTimes(ports, settings),
    startSweep: startSweep(ports, settings),
    listTemplates: listTemplates(ports, settings),
    listUsage: listUsage(ports, settings),
    listWorkbenches: listWorkbenches(ports, settings),
    deleteShare: deleteShare(ports, settings),
    listShares: listShares(ports, settings),
    setQuota: setQuota(ports, settings),
    setShare: setShare(ports, settings),
    createShareLink: createShareLink(ports, settings),
    deleteShareLink: deleteShareLink(ports, settings),
    listShareLinks: listShareLinks(ports, settings),
    previewShareLink: previewShareLink(ports, settings),
    redeemShareLink: redeemShareLink(ports, settings),
    openWorkbench: openWorkbench(ports, settings),
    restoreWorkbench: restoreWorkbench(ports, settings),
    restartWorkbench: refuseWhileDraining(ports, restartWorkbench(ports, settings)),
    startWorkbench: refuseWhileDraining(ports, startWorkbench(ports, settings)),
    stopWorkbench: stopWorkbench(ports, settings),
    updateWorkbench: updateWorkbench(ports, settings),
    withdrawOffer: withdrawOffer(ports, settings),
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
