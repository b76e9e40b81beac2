/**
 * What is really there, whatever any service says of it: what the safety rules are checked against. Nothing in
 * the controller can ask for it.
 */

/** A container of a workbench that lives, or lived. */
export interface Container {
  readonly taskArn: string;
  readonly workbenchId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly instanceId: string;
  /** What it has mounted; two live containers with the same one are a broken rule. */
  readonly directory: Directory;
  readonly startedAt: number;
  endedAt?: number;
}

/** A directory on a file system, with its files and who wrote each. */
export interface Directory {
  readonly fileSystemId: string;
  /** Absolute, such as `/workbenches/<id>`. */
  readonly path: string;
  readonly createdAt: number;
  /** File name → the workbench that wrote it. */
  readonly files: Map<string, string>;
  /** The live containers that have it mounted. */
  readonly mountedBy: Set<Container>;
  removedAt?: number;
}

/** A step of a removal: which directory, how many entries, and who had it mounted just then. */
export interface Removal {
  readonly at: number;
  readonly directory: Directory;
  readonly deleted: number;
  /** The directory itself went. */
  readonly directoryRemoved: boolean;
  /** Containers that had it mounted: any is a broken rule. */
  readonly mountedBy: readonly Container[];
}

export class GroundTruth {
  /** Those that live. */
  readonly containers = new Set<Container>();
  /** Every container there ever was, in order: the history of mounts. */
  readonly mounts: Container[] = [];
  /** `<file system>:<path>` → what is there now. */
  readonly directories = new Map<string, Directory>();
  readonly removals: Removal[] = [];
  /** Containers that wrote into a directory that had been deleted under them. */
  readonly lostWrites: Container[] = [];
}
