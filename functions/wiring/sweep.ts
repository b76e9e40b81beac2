import type { DrainStore } from '#core/ports/drain-store.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';
import type { ReportStore } from '#core/ports/report-store.ts';
import type { TaskRunner } from '#core/ports/task-runner.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { hostFleet, openEc2ForSweep } from './ec2.ts';
import { recordPorts } from './ports.ts';
import { drainStore, openTable, reportStore } from './table.ts';
import { openClusterForSweep, taskRunner } from './tasks.ts';

/** The ports of the sweeps that compare records with tasks and hosts. */
export function sweepPorts(
  wiring: Parameters<typeof recordPorts>[0] & {
    readonly settings: Parameters<typeof taskRunner>[1] & Parameters<typeof hostFleet>[2];
  },
): RecordPorts &
  QueuePorts & {
    readonly reports: ReportStore;
    readonly drains: DrainStore;
    readonly tasks: TaskRunner;
    readonly hosts: HostFleet;
  } {
  const { settings } = wiring;
  const table = openTable(wiring);
  const cluster = openClusterForSweep(settings);
  const ec2 = openEc2ForSweep(settings);
  return {
    ...recordPorts(wiring, table),
    reports: reportStore(table),
    drains: drainStore(table),
    tasks: taskRunner(cluster, settings, ec2.instances),
    hosts: hostFleet(ec2, cluster.instances, settings),
  };
}
