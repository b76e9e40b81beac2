/** The task that the gate is asked about. */
export interface ProbedTask {
  readonly workbenchId: string;
  readonly taskId: string;
}

/**
 * What the gate says of a workbench:
 * - `reachable`: it connected to the task.
 * - `unreachable`: it could not connect. `detail` says why, in at most 100 ASCII characters.
 * - `silent`: nothing. No connection to the gate, no response in time, or one that is not that of this request.
 * - `unsupported`: this version of the gate cannot be asked.
 */
export type GateProbeResult =
  | { readonly kind: 'reachable' | 'silent' | 'unsupported' }
  | { readonly kind: 'unreachable'; readonly detail: string };

/** Asks the gate whether it reaches a workbench. */
export interface GateProbe {
  /**
   * Lets the gate read the record and connect to the endpoint of the task, as it does for a request of a browser. It is
   * neither a use of the workbench nor an opening. Returns within 8 seconds. May be repeated at any time.
   *
   * The result is never that of another task: if the record that the gate reads names another one, or no endpoint yet, the
   * task is `unreachable`. It never throws for a failure of the gate or of the network.
   */
  probe(task: ProbedTask): Promise<GateProbeResult>;
}
