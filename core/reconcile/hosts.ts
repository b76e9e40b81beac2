import type { HostFleet, HostObservation } from '../ports/host-fleet.ts';
import type { ChangePorts, WakePorts } from '../workbench/change.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { pagesOf } from './pages.ts';
import { readRecord } from './read-record.ts';
import { putRight, tellHistory } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { type Orphan, removeOrphans, reported, type SweepPorts, type SweepSettings } from './sweep.ts';

type Ports = ChangePorts &
  WakePorts &
  SweepPorts & { readonly hosts: Pick<HostFleet, 'list' | 'describe' | 'terminate'> };

/** Every dedicated machine of ours, stopped ones too (they cost their disks), held against the record it names. */
export async function sweepHosts(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return reported(ports, 'hosts', async (draft) => {
    const orphans: Orphan[] = [];
    for await (const page of pagesOf((cursor) => ports.hosts.list(cursor))) {
      for (const host of page.hosts) {
        draft.lookedAt += 1;
        const orphan = await holdAgainstRecord(ports, policy, host, draft);
        if (orphan) orphans.push(orphan);
      }
    }
    await removeOrphans(ports, settings, 'orphan_machine', orphans, draft);
  });
}

async function holdAgainstRecord(
  ports: Ports,
  policy: Policy,
  host: HostObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  const { instanceId, workbenchId, userId } = host;
  if (host.state === 'shutting-down' || host.state === 'terminated') return undefined;
  const record =
    workbenchId === undefined || userId === undefined
      ? undefined
      : await readRecord(ports, { userId, workbenchId }, draft, instanceId);
  if (record === 'unreadable') return undefined;
  // A launch whose answer was lost is resolved by the record itself, with the token it launched under.
  if (record?.host && (record.host.instanceId === undefined || record.host.instanceId === instanceId)) {
    await lookAgain(ports, policy, record, host, draft);
    return undefined;
  }
  return {
    id: instanceId,
    madeAt: host.launchedAt,
    why: record ? `Its workbench ${workbenchId} uses another.` : `Its workbench ${workbenchId} is no more.`,
    remove: async () => {
      await ports.hosts.terminate(instanceId);
      if (record !== undefined) await tellHistory(ports, policy, record, 'stray_host_ended');
      return 'removed';
    },
  };
}

/** What was listed is older than the record: where they differ, what is asked now decides. */
async function lookAgain(
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
  const [seen] = await ports.hosts.describe([instanceId]);
  if (seen === undefined) return;
  const observation = { type: 'host_observed', host: seen, asOf: revision } as const;
  const { repair } = await putRight(ports, policy, record, observation);
  if (repair !== undefined)
    draft.note(instanceId, 'repaired', `It is ${seen.state}; its workbench thought otherwise.`, repair);
}
