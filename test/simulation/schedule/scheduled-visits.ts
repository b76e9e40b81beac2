import type { Workbench } from '#core/workbench/workbench.ts';
import type { GateChecks } from '../gate/gate-checks.ts';
import { SimulatedVisitors } from '../gate/simulated-visitors.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { World } from '../world/world.ts';
import { type Command, type CommandKind, USERS } from './commands.ts';
import type { Controller } from './controller.ts';
import { isProgrammingError } from './function-ports.ts';
import type { ScheduleResult } from './schedule-result.ts';
import type { SimulatedUsers } from './simulated-users.ts';
import type { StepRunner } from './step-runner.ts';

/** The commands that end a run. */
const ENDING_COMMANDS: ReadonlySet<CommandKind> = new Set([
  'stop',
  'restart',
  'restart_twice',
  'force_stop',
  'delete',
]);
/** How long before such a command visitors come, milliseconds. */
const VISIT_LEAD_MIN_MS = 3000;
const VISIT_LEAD_MAX_MS = 12_000;
/** Visits during the fault phase. */
const VISITS_MAX = 1;
/** From the beginning of the last visit to the deletion of all workbenches, milliseconds. */
const LAST_VISIT_MS = 6000;

export interface ScheduledVisitsOptions {
  readonly kernel: Kernel;
  readonly steps: StepRunner;
  readonly result: ScheduleResult;
  readonly tape: Tape;
  readonly draws: HazardDraws;
  readonly world: World;
  readonly controller: Controller;
  readonly users: SimulatedUsers;
  readonly checks: GateChecks;
  /** The record as last written. */
  readonly recordOf: (workbenchId: string) => Workbench | undefined;
}

/** When visitors use a workbench through the gate. */
export class ScheduledVisits {
  readonly #options: ScheduledVisitsOptions;
  readonly #visitors: SimulatedVisitors;
  #visits = 0;

  constructor(options: ScheduledVisitsOptions) {
    const { kernel, steps, result, tape, draws, world, controller, checks } = options;
    this.#options = options;
    this.#visitors = new SimulatedVisitors({
      ...{ kernel, tape, draws, world, checks },
      workbenches: controller.stores.workbenches,
      telemetry: {
        info: () => {},
        warn: () => {},
        error: (message, _, cause) => {
          if (isProgrammingError(cause)) steps.fail(new Error(`a gate logged: ${message}`, { cause }));
        },
        count: () => {},
      },
      record: (check) => steps.record(check),
      log: (line) => result.recordVisit(line),
    });
  }

  /** Lets visitors come before a command that ends the run of a workbench, so that it ends while they use it. */
  scheduleBefore(command: Command): void {
    if (!ENDING_COMMANDS.has(command.kind)) return;
    const { kernel, tape, users } = this.#options;
    const at = Math.max(0, command.at - tape.intBetween(VISIT_LEAD_MIN_MS, VISIT_LEAD_MAX_MS));
    kernel.after(at, () => {
      const visited = users.workbenchOf(command);
      if (visited !== undefined && this.#visits < VISITS_MAX) this.#visit(visited.workbenchId);
    });
  }

  /** Lets visitors use a workbench when nothing fails. It is deleted meanwhile. */
  async visitLast(records: readonly Workbench[]): Promise<void> {
    const record = records.find(({ status }) => status === 'running');
    if (record === undefined) return;
    this.#visit(record.workbenchId);
    await this.#options.steps.runFor(LAST_VISIT_MS);
  }

  #visit(workbenchId: string): void {
    const { steps, recordOf } = this.#options;
    const record = recordOf(workbenchId);
    if (record?.status !== 'running') return;
    this.#visits += 1;
    const other = USERS.find((user) => user !== record.userId) ?? '';
    this.#visitors.visit(workbenchId, record.userId, other).catch((error) => steps.fail(error));
  }
}
