import type { ActivityEndpoint, RunIdentity } from '#adapters/run-token.ts';
import type { TaskObservation, TaskRunner } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

/** A way to run workbenches: as processes or as containers. */
export interface Runtime {
  /** Lines for the banner: what runs, and in which engine. */
  readonly summary: readonly (readonly [label: string, text: string])[];
  /** The number of GPUs that workbenches can use. */
  readonly gpuCount: number;
  /** Opens the runtime and recovers the tasks of an earlier server. */
  open(options: RuntimeOptions): Promise<RunningTasks>;
}

export interface RuntimeOptions {
  readonly dataDir: string;
  /** Workbenches that run at the same time. */
  readonly max: number;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** The URL of a workbench. Its path ends with a slash. Must not be called before `resume`. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Where the programs of a run report activity; undefined before the API listens. */
  readonly activity?: ((run: RunIdentity) => ActivityEndpoint | undefined) | undefined;
  readonly onChange: (task: TaskObservation) => void;
  readonly telemetry: Telemetry;
}

export interface RunningTasks extends TaskRunner {
  /** Resumes the tasks that outlived an earlier server. Called once, when `baseUrl` is known. */
  resume(): void;
  /** Ends all tasks. */
  close(): Promise<void>;
}
