import type { Clock } from '../ports/clock.ts';
import type { DrainStore, MachineDrain } from '../ports/drain-store.ts';
import type { MachineInventory } from '../ports/machine-inventory.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { ReportDraft } from './report.ts';

interface Ports {
  readonly clock: Clock;
  readonly machines: Pick<MachineInventory, 'list' | 'setDraining'>;
  readonly drains: DrainStore;
  readonly workbenches: Pick<WorkbenchStore, 'findByInstanceId'>;
}

/**
 * Drains the machines again that ECS does not drain although an operator empties them: the call after the request was lost.
 * Removes the drains of machines that no longer exist. The sweep of active records informs the owners. Makes no call to ECS
 * while no machine is drained.
 */
export async function repairDrains(
  ports: Ports,
  { graceMs }: { readonly graceMs: number },
  draft: ReportDraft,
): Promise<void> {
  const drains = await ports.drains.list();
  if (drains.length === 0) return;
  const { machines, complete } = await ports.machines.list();
  for (const drain of drains) {
    const { machineId, dedicated, since } = drain;
    const machine = machines.find((candidate) => candidate.machineId === machineId);
    if (machine === undefined) {
      const isYoung = ports.clock.now() - since < graceMs;
      if (!complete || isYoung || (await ports.workbenches.findByInstanceId(machineId)) !== undefined)
        continue;
      await ports.drains.remove(machineId);
      draft.add(machineId, 'deleted', 'The drained machine no longer exists.', 'drain');
    } else if (!dedicated && machine.state === 'active' && (await isStored(ports, drain))) {
      await ports.machines.setDraining(machine, true);
      draft.add(machineId, 'repaired', 'An operator empties the machine, but it took workbenches.', 'drain');
    }
  }
}

/** Whether the drain has not been taken back since the list was read. */
async function isStored({ drains }: Ports, { machineId }: MachineDrain): Promise<boolean> {
  return (await drains.list()).some((drain) => drain.machineId === machineId);
}
