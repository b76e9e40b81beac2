import type { GateProbe, GateProbeResult, ProbedTask } from '#core/ports/gate-probe.ts';

/** A gate that says what the test has set, and that it reaches every task at first. */
export class MemoryGateProbe implements GateProbe {
  result: GateProbeResult = { kind: 'reachable' };
  /** The tasks that it was asked about. */
  readonly asked: ProbedTask[] = [];

  async probe(task: ProbedTask): Promise<GateProbeResult> {
    this.asked.push(task);
    return this.result;
  }
}
