import { describe, expect, it } from 'vitest';
import type { GateProbe, ProbedTask } from '#core/ports/gate-probe.ts';

export interface GateProbeSubject {
  readonly probe: GateProbe;
  /** A task that the gate reaches. */
  readonly task: ProbedTask;
  /** The task no longer accepts connections. */
  readonly closeTask: () => Promise<void>;
  /** The gate no longer accepts connections. */
  readonly closeGate: () => Promise<void>;
}

/** The contract of GateProbe. */
export function describeGateProbeContract(name: string, make: () => Promise<GateProbeSubject>): void {
  describe(`${name} fulfils the contract of GateProbe`, () => {
    it('says that the gate reaches a task, as often as it is asked', async () => {
      const { probe, task } = await make();
      expect(await probe.probe(task)).toEqual({ kind: 'reachable' });
      expect(await probe.probe(task)).toEqual({ kind: 'reachable' });
    });

    it('says why the gate does not reach a task', async () => {
      const { probe, task, closeTask } = await make();
      await closeTask();
      expect(await probe.probe(task)).toEqual({ kind: 'unreachable', detail: 'connection refused' });
    });

    it('says nothing of another task of the workbench', async () => {
      const { probe, task } = await make();
      expect(await probe.probe({ ...task, taskId: 'task-0' })).toMatchObject({ kind: 'unreachable' });
    });

    it('returns that the gate is silent, and throws nothing, if it accepts no connection', async () => {
      const { probe, task, closeGate } = await make();
      await closeGate();
      expect(await probe.probe(task)).toEqual({ kind: 'silent' });
    });
  });
}
