import type { GateProbeResult, ProbedTask } from '#core/ports/gate-probe.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { RuleViolation } from '../schedule/rule-violation.ts';
import type { World } from '../world/world.ts';

/** Of the silence of a gate that lets a workbench run, in the simulated world. */
export const GATE_SILENT_TIMEOUT_MS = 60_000;

/** The clocks of two functions differ by up to 4 seconds. */
const CLOCK_SLACK_MS = 5_000;

/** The rules about starts that ask the gate. They compare the records with what the gate has reached and said. */
export class ReachChecks {
  readonly #world: World;
  /** Whether starts ask the gate in this world. */
  readonly #isAsked: boolean;
  /** The tasks to which the gate has got a connection. */
  readonly #reached = new Set<string>();
  /** The tasks that a function knows not to be reached by the gate. */
  readonly #refused = new Set<string>();
  /** Task → when the latest question was sent that got no response. */
  readonly #silentAt = new Map<string, number>();

  /** Workbench → what is to be called when another task of it waits for the gate. */
  readonly #waiters = new Map<string, { readonly taskId: string; readonly resolve: () => void }[]>();

  constructor(world: World, isAsked: boolean) {
    this.#world = world;
    this.#isAsked = isAsked;
  }

  /** The gate has got a connection to the task. */
  noteReached(taskId: string): void {
    this.#reached.add(taskId);
  }

  /** A function knows the result of its question. @param askedAt the actual time of the question */
  noteResult(taskId: string, { kind }: GateProbeResult, askedAt: number): void {
    if (kind === 'unreachable') this.#refused.add(taskId);
    // Two functions ask at the same time, and the one that asked first may know its result last.
    if (kind === 'silent')
      this.#silentAt.set(taskId, Math.max(askedAt, this.#silentAt.get(taskId) ?? askedAt));
  }

  /** Resolves when another task of the workbench waits for the gate. */
  nextWaitingTask({ workbenchId, taskId }: ProbedTask): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(workbenchId) ?? [];
      this.#waiters.set(workbenchId, [...waiters, { taskId, resolve }]);
    });
  }

  /** Called when a record is updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined): void {
    if (workbench.status === 'pending' && workbench.gateSilentSince !== undefined) {
      for (const { taskId, resolve } of this.#waiters.get(workbench.workbenchId) ?? [])
        if (taskId !== workbench.run.taskId) resolve();
    }
    if (!this.#isAsked || before === undefined) return;
    if (workbench.status === 'running' && before.status !== 'running') this.#checkRuns(workbench, before);
    if (!('reason' in before && before.reason)) this.#checkEnd(workbench, before);
  }

  /** A workbench is never shown as running before the gate has reached its task, unless the gate says nothing for long. */
  #checkRuns(workbench: Extract<Workbench, { status: 'running' }>, before: Workbench): void {
    const { taskId } = workbench.run;
    if (this.#reached.has(taskId) || this.#isSilentForLong(taskId, before)) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} is running, but the gate has not reached task ${taskId}`,
    );
  }

  /** Whether the gate said nothing for the timeout, or at the deadline of a start of which it had said nothing. */
  #isSilentForLong(taskId: string, before: Workbench): boolean {
    const silentAt = this.#silentAt.get(taskId);
    if (before.status !== 'pending' || before.gateSilentSince === undefined || silentAt === undefined)
      return false;
    const clock = this.#world.functionClock;
    // After a step the times in the record do not compare with the actual time.
    if (clock.steps) return true;
    const isAtDeadline = before.detail === undefined && silentAt >= before.deadlineAt - CLOCK_SLACK_MS;
    return isAtDeadline || silentAt - before.gateSilentSince >= GATE_SILENT_TIMEOUT_MS - CLOCK_SLACK_MS;
  }

  /** A gate that is down ends neither a run nor a start. */
  #checkEnd(workbench: Workbench, before: Workbench): void {
    const code = 'reason' in workbench ? workbench.reason?.code : undefined;
    const isReady = before.status === 'pending' && before.gateSilentSince !== undefined;
    if (code === 'start_timeout' && isReady)
      throw new RuleViolation(
        `the start of workbench ${workbench.workbenchId} failed although only the gate had to reach its task`,
      );
    if (code !== 'gate_unreachable') return;
    if (isReady && this.#refused.has(before.run.taskId)) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} was stopped with gate_unreachable while ${before.status}, although the gate has not said so`,
    );
  }
}
