import type { ReasonCode } from '../workbench/reasons.ts';

/** The volumes: one for each workbench, named by the workbench id and never reused. */
export interface VolumeStore {
  /**
   * Creates the volume if it does not exist and returns its mount. Idempotent: returns the same mount each time. May return
   * `creating` until the volume can be mounted; the caller repeats the call. Once the deletion of the volume has begun it
   * returns `tombstoned`, permanently, and creates nothing.
   */
  ensure(workbenchId: string): Promise<VolumeOutcome>;
  /**
   * Deletes part of the volume, in seconds, not minutes, and returns whether anything is left. Only called while no task
   * mounts the volume and its record is `deleting`. Can be resumed after a crash at any point. `done` means that the
   * volume's root no longer exists; a volume that was deleted before is `done` too.
   */
  deleteSlice(workbenchId: string): Promise<DeletionProgress>;
  /**
   * Deletes an orphaned volume if it is empty. The deletion itself (rmdir) decides that, not a listing before it. A volume
   * that does not exist counts as deleted.
   */
  deleteIfEmpty(workbenchId: string): Promise<'deleted' | 'not_empty'>;
  /**
   * Quarantines an orphaned volume that contains files: no task mounts it, its files stay unchanged, and `list` no longer
   * returns it. Idempotent.
   */
  quarantine(workbenchId: string): Promise<void>;
  /**
   * Adds up the size of part of the volume's files, in seconds, not minutes. The sum of all slices is what the file system
   * bills. Files that change in the meantime are counted with either size. A volume that does not exist has 0 bytes.
   * @param cursor that of the slice before; undefined: the first slice
   */
  measureSlice(workbenchId: string, cursor?: string): Promise<VolumeSlice>;
  /** Every volume of this installation, in pages of at most 1,000. */
  list(
    cursor?: string,
  ): Promise<{ readonly volumes: readonly VolumeObservation[]; readonly cursor?: string }>;
}

export type Mount = Readonly<Record<string, string>>;

export type VolumeOutcome =
  | { readonly kind: 'ready'; readonly mount: Mount }
  /** The volume has this mount, but no task can mount it yet. */
  | { readonly kind: 'creating'; readonly mount: Mount }
  /** The deletion of the volume has begun. A record that still uses it was written after its workbench was deleted. */
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

export interface VolumeSlice {
  readonly bytes: number;
  /** Where the next slice begins; absent after the last. At most 6,000 characters. */
  readonly cursor?: string;
}

export interface VolumeObservation {
  readonly workbenchId: string;
  /** When it was created, milliseconds since 1970; absent if unknown. */
  readonly createdAt?: number;
}
