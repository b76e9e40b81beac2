import type { HostObservation } from '../../ports/host-fleet.ts';
import type { TaskInput, TaskObservation } from '../../ports/task-runner.ts';
import type { Mount } from '../../ports/volume-store.ts';
import type { StatusReason } from '../reasons.ts';
import type { Effect } from './effects.ts';

/** What a user asks for. `by` names who, for the history. */
export type Request =
  | { readonly type: 'start'; readonly runId: string; readonly by: string }
  /** `force` shortens the waits by the last means (TaskRunner.terminateInstance); it never invents an outcome. */
  | { readonly type: 'stop'; readonly by: string; readonly force?: boolean }
  /**
   * `seenRunId` is the run that the caller saw when it asked (absent: none): of two restarts that saw the
   * same run only the first restarts. `runId` is the run to come.
   */
  | {
      readonly type: 'restart';
      readonly seenRunId: string | undefined;
      readonly runId: string;
      readonly by: string;
    }
  | { readonly type: 'delete'; readonly by: string }
  | { readonly type: 'update'; readonly changes: Changes; readonly by: string };

export interface Changes {
  readonly name?: string;
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
  readonly gpuCount?: number;
}

/** What has become of an effect. Those of another run, attempt or generation than the record's are no news. */
export type Outcome =
  | { readonly type: 'volume_ready'; readonly mount: Mount }
  | { readonly type: 'volume_tombstoned' }
  | { readonly type: 'volume_refused'; readonly reason: StatusReason; readonly retryable: boolean }
  | { readonly type: 'volume_deletion_unfinished' }
  | { readonly type: 'volume_deleted' }
  | {
      readonly type: 'run_placed';
      readonly runId: string;
      readonly attempt: number;
      readonly placement: TaskInput['placement'];
    }
  | {
      readonly type: 'run_refused';
      readonly runId: string;
      readonly attempt: number;
      readonly reason: StatusReason;
      readonly retryable: boolean;
    }
  | { readonly type: 'task_stop_requested' | 'instance_termination_requested'; readonly taskId: string }
  /** `asOfRevision`: see `host_observed`. */
  | {
      readonly type: 'host_accepted';
      readonly generation: number;
      readonly host: HostObservation;
      readonly asOfRevision?: number;
    }
  | {
      readonly type: 'host_refused';
      readonly generation: number;
      readonly reason: StatusReason;
      readonly retryable: boolean;
      readonly asOfRevision?: number;
    }
  | { readonly type: 'host_stop_requested' | 'host_termination_requested'; readonly instanceId: string }
  /** The call did not go through: `throttled` = nothing happened, `unavailable` = it may have. */
  | {
      readonly type: 'effect_failed';
      readonly effect: Effect['type'];
      readonly kind: 'throttled' | 'unavailable';
    };

/** What was seen. */
export type Observation =
  | { readonly type: 'task_observed'; readonly task: TaskObservation }
  | { readonly type: 'task_missing'; readonly taskId: string; readonly asOfRevision?: number }
  /**
   * By asking: the truth about that instance at that moment. `asOfRevision` is the record's revision from before it was
   * asked: of a record that has moved on since, it is no more than a hint, since a machine's state carries no
   * version, and whoever asked may have been frozen.
   */
  | { readonly type: 'host_observed'; readonly host: HostObservation; readonly asOfRevision?: number }
  /** By an event, which may be late and carries no version: a reason to ask, nothing more. */
  | { readonly type: 'host_hint'; readonly host: HostObservation };

/** What carrying out an effect can teach. */
export type EffectResult = Outcome | Observation;

export type Input =
  | Request
  | Observation
  /** What a pass of the reconciler saw: what that puts right is told in the history. */
  | { readonly type: 'swept'; readonly observation: Observation }
  /** What was done for the workbench beside its record: to be told in the history, and nothing else. */
  | { readonly type: 'history_noted'; readonly entryType: 'orphan_host_terminated' }
  /** What has become of the effects that were owed by the record at `revision`, all at once. */
  | { readonly type: 'outcomes'; readonly revision: number; readonly outcomes: readonly EffectResult[] }
  /** Time has passed. */
  | { readonly type: 'tick' }
  /** The entries up to and with `through` are in the history. */
  | { readonly type: 'history_written'; readonly through: number };
