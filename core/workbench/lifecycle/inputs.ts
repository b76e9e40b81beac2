import type { HourlyRates } from '../../cost/rates.ts';
import type { Evidence } from '../../ports/activity-store.ts';
import type { GateProbeResult } from '../../ports/gate-probe.ts';
import type { HostObservation } from '../../ports/host-fleet.ts';
import type { PortErrorKind } from '../../ports/port-error.ts';
import type { TaskInput, TaskObservation } from '../../ports/task-runner.ts';
import type { Mount } from '../../ports/volume-store.ts';
import type { NotedEntryType } from '../history.ts';
import type { StatusReason } from '../reasons.ts';
import type { Changes } from '../request-fields.ts';

/** A call that moves the actual state towards the desired state. Idempotent. */
export type Effect =
  | { readonly type: 'ensure_volume' }
  | { readonly type: 'delete_volume' }
  | { readonly type: 'place_run'; readonly runId: string; readonly attempt: number }
  | { readonly type: 'run_task'; readonly input: TaskInput; readonly token: string }
  /** Lists the tasks of the workbench, before a run whose last attempt was refused ends or continues. */
  | { readonly type: 'find_tasks'; readonly runId: string; readonly attempt: number }
  | { readonly type: 'stop_task'; readonly taskId: string; readonly reason: string }
  | { readonly type: 'describe_task'; readonly taskId: string }
  | { readonly type: 'probe_gate'; readonly taskId: string }
  | { readonly type: 'read_evidence'; readonly runId: string }
  | { readonly type: 'terminate_instance'; readonly taskId: string; readonly forced: boolean }
  | {
      readonly type: 'launch_host';
      readonly generation: number;
      readonly instanceType: string;
      readonly token: string;
    }
  | { readonly type: 'start_host'; readonly generation: number; readonly instanceId: string }
  | { readonly type: 'stop_host' | 'terminate_host' | 'describe_host'; readonly instanceId: string }
  | { readonly type: 'delete_record' };

/** A request of a user. `by` names the caller for the history. */
export type Request =
  | { readonly type: 'start'; readonly runId: string; readonly by: string }
  /** `force`: terminate the instance (TaskRunner.terminateInstance) soon if the task does not stop. */
  | { readonly type: 'stop'; readonly by: string; readonly force?: boolean }
  /**
   * `observedRunId` is the run that the caller read before the request (undefined: none). Of two restarts that read the
   * same run only the first restarts it. `runId` is the id of the next run.
   */
  | {
      readonly type: 'restart';
      readonly observedRunId: string | undefined;
      readonly runId: string;
      readonly by: string;
    }
  /** `immediately`: the files are not kept for a time in which the workbench can be restored. */
  | { readonly type: 'delete'; readonly immediately?: boolean; readonly by: string }
  /** Takes the deletion back. */
  | { readonly type: 'restore'; readonly by: string }
  /** The workbench is not stopped for idleness within the next `minutes`. */
  | { readonly type: 'extend'; readonly minutes: number; readonly by: string }
  | { readonly type: 'update'; readonly changes: Changes; readonly by: string }
  /** The owner offers the workbench to the user `to`; an earlier offer ends. */
  | { readonly type: 'offer'; readonly to: string; readonly by: string }
  /** The owner withdraws the offer, or the user `to` declines it. Without `to` it withdraws any offer. */
  | { readonly type: 'withdraw_offer'; readonly to?: string; readonly by: string }
  /**
   * The workbench gets the owner `to`. `accepted`: this user accepts an offer; otherwise the caller may move the workbench
   * without one.
   */
  | { readonly type: 'move'; readonly to: string; readonly accepted: boolean; readonly by: string };

/** The result of an effect. Outcomes of another run, attempt or generation than the record's are ignored. */
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
      /** Price of the share of the instance, millionths of a USD an hour. */
      readonly rate?: number;
    }
  | {
      readonly type: 'run_refused';
      readonly runId: string;
      readonly attempt: number;
      readonly reason: StatusReason;
      readonly retryable: boolean;
    }
  /** The live tasks of the workbench. `asOfRevision`: see `host_observed`. */
  | {
      readonly type: 'tasks_found';
      readonly runId: string;
      readonly attempt: number;
      readonly tasks: readonly TaskObservation[];
      readonly asOfRevision?: number;
    }
  | { readonly type: 'task_stop_requested' | 'instance_termination_requested'; readonly taskId: string }
  /** `asOfRevision`: see `host_observed`. */
  | {
      readonly type: 'host_accepted';
      readonly generation: number;
      readonly host: HostObservation;
      /** Prices of the instance; absent if they are unknown. */
      readonly rates?: HourlyRates | undefined;
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
  /** `readAt`: before the call. `asOfRevision`: the outcome is dropped if the record has another revision. */
  | {
      readonly type: 'evidence_read';
      readonly runId: string;
      readonly evidence: Evidence;
      readonly readAt: number;
      readonly asOfRevision?: number;
    }
  /** `askedAt`: before the call. */
  | {
      readonly type: 'gate_probed';
      readonly taskId: string;
      readonly probe: GateProbeResult;
      readonly askedAt: number;
    }
  /** The call failed. `throttled`, `no_space`: it had no effect. `unavailable`: it may have had its effect. */
  | {
      readonly type: 'effect_failed';
      readonly effect: Effect['type'];
      readonly kind: PortErrorKind;
    };

/** The state of a task or host as read from AWS or reported by an event. */
export type Observation =
  | { readonly type: 'task_observed'; readonly task: TaskObservation }
  /** `asOfRevision`: see `host_observed`. */
  | { readonly type: 'task_missing'; readonly taskId: string; readonly asOfRevision?: number }
  /**
   * A response of EC2. `asOfRevision` is the record's revision from before the call. If the record has another revision
   * when the observation is applied, the observation is only a hint: the state of an instance carries no version, and the
   * function that read it may have been frozen since. See docs/lifecycle.md#stale-observations.
   */
  | { readonly type: 'host_observed'; readonly host: HostObservation; readonly asOfRevision?: number }
  /** AWS is about to end the instance of the task. `at`: the time of the warning. */
  | {
      readonly type: 'interruption_noticed';
      readonly taskId: string;
      readonly kind: 'spot' | 'draining';
      readonly at: number;
    }
  /**
   * An operator empties the machine of the task, or the host of the workbench. `until`: when the task is stopped; absent: not
   * before its next stop. `asOfRevision`: the notice is dropped if the record has another revision.
   */
  | {
      readonly type: 'drain_noticed';
      readonly on: DrainedMachine;
      readonly until?: number;
      readonly asOfRevision?: number;
    }
  /** The machine takes workbenches again. */
  | { readonly type: 'drain_ended'; readonly on: DrainedMachine; readonly asOfRevision?: number }
  /** An event, which may be stale and carries no version: only a reason to read the host. */
  | { readonly type: 'host_hint'; readonly host: HostObservation };

/** The machine that an operator empties, as the record knows it: by the task on it, or as the host. */
export type DrainedMachine =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'host'; readonly instanceId: string };

/** Everything that executing an effect can return. */
export type EffectResult = Outcome | Observation;

export type Input =
  | Request
  | Observation
  /** An observation by a sweep. A repair that follows from it is added to the history. */
  | { readonly type: 'swept'; readonly observation: Observation }
  /** A sweep changed something outside the record: adds a history entry and nothing else. */
  | { readonly type: 'history_noted'; readonly entryType: NotedEntryType }
  /** The outcomes of all effects that were executed for the record at `revision`. */
  | { readonly type: 'outcomes'; readonly revision: number; readonly outcomes: readonly EffectResult[] }
  /** A sweep has measured the files. `gibMonthPrice`: the price of a GiB, USD a month. */
  | { readonly type: 'files_measured'; readonly bytes: number; readonly gibMonthPrice: number }
  /** Time has passed. */
  | { readonly type: 'tick' }
  /** A quota refuses the start whose time has come by the schedule. */
  | { readonly type: 'scheduled_start_refused' }
  /** The history contains the entries up to and including `through`. */
  | { readonly type: 'history_written'; readonly through: number };
