/** The calls of the checks of a deployment. `aws-calls.ts` makes them against an account, tests against emulators. */
export interface DeploymentCalls {
  /** The file systems of the installation. */
  fileSystems(): Promise<readonly string[]>;
  /**
   * Lets the janitor of a file system list it, for which the janitor must mount it.
   * @returns The error of the function, or undefined.
   */
  invokeJanitor(fileSystem: string, index: number): Promise<string | undefined>;
  /** Returns whether the account has the service-linked role of ECS. */
  hasEcsRole(): Promise<boolean>;
  /** Returns the outbound rules of the two security groups that have exactly one target each. */
  outboundRules(): Promise<readonly OutboundRule[]>;
  /** Returns the digest of the image of the stage, or undefined if the repository does not contain it. */
  findImage(): Promise<string | undefined>;
  /** Returns the container instances of the cluster. */
  instances(): Promise<readonly InstanceDescription[]>;
  /** Returns the number of tasks of a user that have not stopped. */
  countTasks(userId: string): Promise<number>;
  /** Sends a request to the API. @param path With its query, without the prefix. */
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<WorkbenchResponse>;
  /** Milliseconds since an arbitrary time. */
  now(): number;
  wait(ms: number): Promise<void>;
}

export interface OutboundRule {
  readonly group: 'Gateway' | 'Janitor';
  /** Range of addresses. Undefined if the target is a security group. */
  readonly cidr: string | undefined;
}

export interface InstanceDescription {
  readonly id: string;
  readonly agentVersion: string;
  /** Whether ECS attached a trunk interface. */
  readonly hasTrunk: boolean;
}

export interface WorkbenchResponse {
  readonly status: number;
  readonly item: {
    readonly workbench_id?: string;
    readonly status?: string;
    readonly status_detail?: string;
    readonly status_reason?: { readonly code: string; readonly message: string };
  };
}

/** Thrown by an implementation that cannot make a call. The check is then skipped. */
export class NotAvailable extends Error {}
