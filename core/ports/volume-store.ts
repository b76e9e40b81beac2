import type { ReasonCode } from '../workbench/reasons.ts';

/**
 * The files of workbenches: one volume each, named by the workbench's id, never reused.
 */
export interface VolumeStore {
  /**
   * Makes the volume if it is not there and answers how to mount it. Idempotent: the same mount each time.
   * Once a wipe of it has begun it is `tombstoned` for ever, and nothing is made.
   */
  ensure(workbenchId: string): Promise<VolumeOutcome>;
  /**
   * Removes part of the volume, bounded per call (seconds, not minutes), and says whether anything is left.
   * Only called when no task mounts it any more and its record says `deleting`. Resumable after a crash at
   * any point; `done` means that the volume's root is gone, and is answered again for one gone before.
   */
  deleteSlice(workbenchId: string): Promise<DeletionProgress>;
  /**
   * Removes a volume that nobody wants, only if nothing is in it. Decided by the removal itself (rmdir), not by
   * a look before it. One that is not there counts as deleted.
   */
  deleteIfEmpty(workbenchId: string): Promise<'deleted' | 'not_empty'>;
  /**
   * Sets a volume aside that nobody wants but that holds files: nothing mounts it any more, nothing in it is
   * touched, and `list` shows it no longer. Idempotent.
   */
  quarantine(workbenchId: string): Promise<void>;
  /** Every volume of ours, in pages of at most 1,000. */
  list(
    cursor?: string,
  ): Promise<{ readonly volumes: readonly VolumeObservation[]; readonly cursor?: string }>;
}

export type Mount = Readonly<Record<string, string>>;

export type VolumeOutcome =
  | { readonly kind: 'ready'; readonly mount: Mount }
  /** Its wipe has begun: whoever still has a record of it has one that came back after the destroy. */
  | { readonly kind: 'tombstoned' }
  | {
      readonly kind: 'refused';
      readonly code: ReasonCode;
      readonly message: string;
      readonly retryable: boolean;
    };

export interface DeletionProgress {
  readonly done: boolean;
  /** Files and folders deleted by this call. */
  readonly deleted: number;
}

export interface VolumeObservation {
  readonly workbenchId: string;
  /** When it was made, milliseconds since 1970, where the store knows. */
  readonly createdAt?: number;
}
