/**
 * The actual state of the world, independent of what the AWS APIs report. The safety rules are checked against it. The
 * controller cannot read it.
 */

/** A container of a workbench. */
export interface Container {
  readonly taskArn: string;
  readonly workbenchId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly instanceId: string;
  /** The directory that it has mounted. Two live containers with the same directory violate a rule. */
  readonly directory: Directory;
  readonly startedAt: number;
  /** When its mount ended although the container runs on. Its writes fail from then on. */
  mountEndedAt?: number;
  endedAt?: number;
}

/** A directory on a file system. */
export interface Directory {
  readonly fileSystemId: string;
  /** The absolute path, for example `/workbenches/<id>`. */
  readonly path: string;
  readonly createdAt: number;
  /** File name → the workbench that wrote it. */
  readonly files: Map<string, string>;
  /** What each measurement of its files may have counted: the number of files when it began and ended. */
  readonly measurements: { readonly from: number; to: number }[];
  /** The live containers whose mount of the directory works. */
  readonly mountedBy: Set<Container>;
  removedAt?: number;
}

/** One step of the deletion of a directory. */
export interface Removal {
  readonly at: number;
  readonly directory: Directory;
  /** The entries that this step deleted, the directory itself included. */
  readonly deleted: number;
  /** Whether the directory itself was deleted. */
  readonly directoryRemoved: boolean;
  /** The containers that had the directory mounted at that time. Any container violates a rule. */
  readonly mountedBy: readonly Container[];
}

/** A call that AWS has refused. */
export interface Refusal {
  readonly at: number;
  /** The name of the error, or the reason of a RunTask that placed no task. */
  readonly name: string;
  readonly message?: string;
}

export class GroundTruth {
  /** The live containers. */
  readonly containers = new Set<Container>();
  /** Every container that was ever started, in this order. */
  readonly mounts: Container[] = [];
  /** Workbenches whose directory did not exist when its files were measured. */
  readonly measuredMissing = new Set<string>();
  /** `<file system>:<path>` → the directory that exists there. */
  readonly directories = new Map<string, Directory>();
  readonly removals: Removal[] = [];
  /** The calls that AWS has refused. */
  readonly refusals: Refusal[] = [];
  /** Containers that wrote into their directory after it had been deleted. */
  readonly lostWrites: Container[] = [];
}
