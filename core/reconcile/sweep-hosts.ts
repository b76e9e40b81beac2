import type { HostFleet, HostObservation } from '../ports/host-fleet.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { appendToHistory } from '../workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { deleteOrphans, type Orphan, type SweepSettings } from './orphans.ts';
import { readRecord, repairOrReport } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts &
  QueuePorts &
  SweepPorts & { readonly hosts: Pick<HostFleet, 'list' | 'describe' | 'terminate'> };

/** Two sweeps share a function with a timeout of five minutes. */
const PAGING = { withinMs: 90_000, resumable: true };
const DELETION_TIME_LIMIT_MS = 140_000;

/** Compares every host of this installation, also stopped ones (their disks cost money), with the record that it names. */
export async function sweepHosts(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return runSweep(ports, 'hosts', async (draft) => {
    const orphans: Orphan[] = [];
    const list = (cursor?: string) => ports.hosts.list(cursor);
    await forEachPage(ports, 'hosts', PAGING, draft, list, async ({ hosts }) => {
      for (const host of hosts) {
        draft.checked += 1;
        const orphan = await checkHost(ports, policy, host, draft);
        if (orphan) orphans.push(orphan);
      }
    });
    await deleteOrphans(ports, { ...settings, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS }, orphans, draft);
  });
}

async function checkHost(
  ports: Ports,
  policy: Policy,
  host: HostObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  if (host.state === 'shutting-down' || host.state === 'terminated') return undefined;
  const record = await readRecordOf(ports, host, draft);
  if (record === 'unreadable') return undefined;
  if (record !== undefined && refersTo(record, host)) {
    await repairFromHost(ports, policy, record, host, draft);
    return undefined;
  }
  return toOrphan(ports, policy, record, host, draft);
}

async function readRecordOf(
  ports: Ports,
  { instanceId, workbenchId, userId }: HostObservation,
  draft: ReportDraft,
): Promise<Workbench | undefined | 'unreadable'> {
  if (workbenchId === undefined || userId === undefined) return undefined;
  return readRecord(ports, { userId, workbenchId }, draft, instanceId);
}

/**
 * Whether the record uses this host. A record without an instance id may have launched it and lost the response; its own
 * launch effect resolves that with the same client token.
 */
function refersTo({ host }: Workbench, { instanceId }: HostObservation): boolean {
  return host !== undefined && (host.instanceId === undefined || host.instanceId === instanceId);
}

function toOrphan(
  ports: Ports,
  policy: Policy,
  first: Workbench | undefined,
  host: HostObservation,
  draft: ReportDraft,
): Orphan {
  const { instanceId, workbenchId } = host;
  let record = first;
  return {
    id: instanceId,
    createdAt: host.launchedAt,
    why: first
      ? `Its workbench ${workbenchId} uses another host.`
      : `Its workbench ${workbenchId} does not exist.`,
    kind: 'orphan_host',
    recheck: async () => {
      const current = await readRecordOf(ports, host, draft);
      if (current === 'unreadable') return 'skip';
      record = current;
      return record !== undefined && refersTo(record, host) ? 'referenced' : 'orphaned';
    },
    delete: async () => {
      await ports.hosts.terminate(instanceId);
      if (record !== undefined) await recordTermination(ports, policy, record, instanceId);
      return { what: 'deleted' };
    },
  };
}

/** Adds the termination to the history. A failure is only logged, because the host is already terminated. */
async function recordTermination(
  ports: Ports,
  policy: Policy,
  record: Workbench,
  instanceId: string,
): Promise<void> {
  try {
    await appendToHistory(ports, policy, record, 'orphan_host_terminated');
  } catch (error) {
    const { workbenchId } = record;
    ports.telemetry.error('could not add a repair to the history', { workbenchId, id: instanceId }, error);
  }
}

/** The list may be older than the record. If they differ, the host is described again, and that result is applied. */
async function repairFromHost(
  ports: Ports,
  policy: Policy,
  record: Workbench,
  listed: HostObservation,
  draft: ReportDraft,
): Promise<void> {
  const { host, revision } = record;
  const { instanceId } = listed;
  if (host?.instanceId === undefined) return;
  if (host.state === listed.state && host.agentConnected === listed.agentConnected) return;
  const [current] = await ports.hosts.describe([instanceId]);
  if (current === undefined) return;
  const observation = { type: 'host_observed', host: current, asOfRevision: revision } as const;
  const result = await repairOrReport(ports, policy, record, observation, draft, instanceId);
  if (result?.repair !== undefined)
    draft.add(instanceId, 'repaired', `It is ${current.state}; its record said otherwise.`, result.repair);
}
