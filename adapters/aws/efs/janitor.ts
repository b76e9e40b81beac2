import * as z from 'zod/mini';
import type { DeletionProgress, VolumeObservation, VolumeSlice } from '#core/ports/volume-store.ts';

/** Where a volume is: the directory with the workbench id as its name, in the parent directory of this file system. */
export interface VolumeLocation {
  readonly fileSystemId: string;
  readonly workbenchId: string;
}

/** The name of a volume's directory. The pattern excludes names that lead to another directory. */
export const VOLUME_NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Why a volume must not be mounted: its deletion has begun, or it is in quarantine. */
export type VolumeMarker = 'tombstone' | 'quarantine';

/**
 * Operations on the directories of volumes, which require that their parent directory is mounted. The janitor does not
 * use access points. It stores tombstones and quarantined volumes on the same file system as the volumes, so that a
 * backup or restore always covers them together with the files. Each call takes seconds at most.
 *
 * All methods throw PortError.
 */
export interface Janitor {
  readMarker(location: VolumeLocation): Promise<VolumeMarker | undefined>;
  /** Writes the tombstone unless it exists. `detached` is true if the tombstone says that the access point is deleted. */
  writeTombstone(location: VolumeLocation): Promise<{ readonly detached: boolean }>;
  /** Writes into the tombstone that the access point is deleted. */
  markDetached(location: VolumeLocation): Promise<void>;
  /** Deletes part of the directory, its root last, even if it is in quarantine. Only after `writeTombstone`. */
  removeSome(location: VolumeLocation): Promise<DeletionProgress>;
  /** Adds up the size of part of the directory: `VolumeStore.measureSlice`. A missing directory has 0 bytes. */
  measureSome(location: VolumeLocation, cursor?: string): Promise<VolumeSlice>;
  /** Deletes the directory if it is empty. A missing directory counts as deleted. */
  deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'>;
  /** Moves the directory, unchanged, to where no task can mount it. A missing directory is no error. */
  quarantine(location: VolumeLocation): Promise<void>;
  /** Returns those of these workbenches, at most 1,000, that have a directory. */
  findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]>;
  /** Lists the directories of volumes, without those in quarantine, in pages of at most 1,000. */
  list(
    fileSystemId: string,
    cursor?: string,
  ): Promise<{ readonly directories: readonly VolumeObservation[]; readonly cursor?: string }>;
}

/**
 * The methods of the janitor as messages, for a janitor that is a function of its own: one request and one response per
 * call, with the bounds of the interface.
 */

const fileSystemId = z.string().check(z.regex(/^[a-zA-Z0-9-]{1,64}$/));
const workbenchId = z.string().check(z.regex(VOLUME_NAME_PATTERN));
const location = { fileSystemId, workbenchId };

/** A path of at most 4,096 bytes, in base64url. */
const sliceCursor = z.string().check(z.regex(/^[\w-]{1,5500}$/));

/** The most workbench ids in a request, and directories in a page. */
const PAGE_MAX = 1000;

export const janitorRequestSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('readMarker'), ...location }),
  z.strictObject({ act: z.literal('writeTombstone'), ...location }),
  z.strictObject({ act: z.literal('markDetached'), ...location }),
  z.strictObject({ act: z.literal('removeSome'), ...location }),
  z.strictObject({ act: z.literal('measureSome'), ...location, cursor: z.optional(sliceCursor) }),
  z.strictObject({ act: z.literal('deleteIfEmpty'), ...location }),
  z.strictObject({ act: z.literal('quarantine'), ...location }),
  z.strictObject({
    act: z.literal('findExisting'),
    fileSystemId,
    workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE_MAX)),
  }),
  z.strictObject({ act: z.literal('list'), fileSystemId, cursor: z.optional(workbenchId) }),
]);
export type JanitorRequest = z.infer<typeof janitorRequestSchema>;
export type JanitorAction = JanitorRequest['act'];

const directory = z.object({ workbenchId, createdAt: z.optional(z.int().check(z.positive())) });

/** The response to each request. */
export const JANITOR_RESPONSES = {
  readMarker: z.object({ marker: z.optional(z.enum(['tombstone', 'quarantine'])) }),
  writeTombstone: z.object({ detached: z.boolean() }),
  markDetached: z.object({}),
  removeSome: z.object({ done: z.boolean(), deleted: z.int().check(z.nonnegative()) }),
  measureSome: z.object({ bytes: z.int().check(z.nonnegative()), cursor: z.optional(sliceCursor) }),
  deleteIfEmpty: z.object({ outcome: z.enum(['deleted', 'not_empty']) }),
  quarantine: z.object({}),
  findExisting: z.object({ workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE_MAX)) }),
  list: z.object({
    directories: z.array(directory).check(z.maxLength(PAGE_MAX)),
    cursor: z.optional(workbenchId),
  }),
} as const satisfies Readonly<Record<JanitorAction, z.ZodMiniType>>;
export type JanitorResponse<A extends JanitorAction> = z.infer<(typeof JANITOR_RESPONSES)[A]>;
