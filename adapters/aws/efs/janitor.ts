import * as z from 'zod/mini';
import type { DeletionProgress, VolumeObservation } from '#core/ports/volume-store.ts';

/** A volume's place: the directory named by the workbench, in the parent directory on this file system. */
export interface VolumeLocation {
  readonly fileSystemId: string;
  readonly workbenchId: string;
}

/** What the name of a volume's directory looks like: nothing that leads anywhere else. */
export const VOLUME_NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What has become of a volume: its wipe has begun, or it was set aside. */
export type VolumeMarker = 'tombstone' | 'quarantine';

/**
 * Does with directories what only somebody can do who has their parent mounted. Access points are none of its
 * business. Notes the end of volumes beside them, on the same file system, so that no copy of it can be lost
 * or restored apart from the files. Bounded: each call takes seconds at most.
 *
 * All methods throw PortError.
 */
export interface Janitor {
  readMarker(location: VolumeLocation): Promise<VolumeMarker | undefined>;
  /** Notes that the wipe has begun, unless it was noted; answers whether the access point is known to be gone. */
  writeTombstone(location: VolumeLocation): Promise<{ readonly detached: boolean }>;
  /** Notes that the access point is gone. */
  markDetached(location: VolumeLocation): Promise<void>;
  /** Removes part of the directory, its root last, where it is or where it was set aside. Only after `begin`. */
  removeSome(location: VolumeLocation): Promise<DeletionProgress>;
  /** Removes the directory if it is empty. */
  deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'>;
  /** Moves the directory, untouched, to where nothing mounts it. One that is not there is no error. */
  quarantine(location: VolumeLocation): Promise<void>;
  /** Which of these workbenches have a directory, of at most 1,000. */
  findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]>;
  /** The directories in their places, in pages of at most 1,000. */
  list(
    fileSystemId: string,
    cursor?: string,
  ): Promise<{ readonly directories: readonly VolumeObservation[]; readonly cursor?: string }>;
}

/**
 * The janitor's methods as messages, for a janitor that is another function: one request, one answer, each
 * bounded as the interface has it.
 */

const fileSystemId = z.string().check(z.regex(/^[a-zA-Z0-9-]{1,64}$/));
const workbenchId = z.string().check(z.regex(VOLUME_NAME_PATTERN));
const place = { fileSystemId, workbenchId };

/** The most workbenches asked about at once, and directories in a page. */
const PAGE = 1000;

export const janitorRequestSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('readMarker'), ...place }),
  z.strictObject({ act: z.literal('writeTombstone'), ...place }),
  z.strictObject({ act: z.literal('markDetached'), ...place }),
  z.strictObject({ act: z.literal('removeSome'), ...place }),
  z.strictObject({ act: z.literal('deleteIfEmpty'), ...place }),
  z.strictObject({ act: z.literal('quarantine'), ...place }),
  z.strictObject({
    act: z.literal('findExisting'),
    fileSystemId,
    workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE)),
  }),
  z.strictObject({ act: z.literal('list'), fileSystemId, cursor: z.optional(workbenchId) }),
]);
export type JanitorRequest = z.infer<typeof janitorRequestSchema>;
export type JanitorAction = JanitorRequest['act'];

const directory = z.object({ workbenchId, createdAt: z.optional(z.int().check(z.positive())) });

/** What is answered to each. */
export const JANITOR_RESPONSES = {
  readMarker: z.object({ marker: z.optional(z.enum(['tombstone', 'quarantine'])) }),
  writeTombstone: z.object({ detached: z.boolean() }),
  markDetached: z.object({}),
  removeSome: z.object({ done: z.boolean(), deleted: z.int().check(z.nonnegative()) }),
  deleteIfEmpty: z.object({ outcome: z.enum(['deleted', 'not_empty']) }),
  quarantine: z.object({}),
  findExisting: z.object({ workbenchIds: z.array(workbenchId).check(z.maxLength(PAGE)) }),
  list: z.object({
    directories: z.array(directory).check(z.maxLength(PAGE)),
    cursor: z.optional(workbenchId),
  }),
} as const satisfies Readonly<Record<JanitorAction, z.ZodMiniType>>;
export type JanitorResponse<A extends JanitorAction> = z.infer<(typeof JANITOR_RESPONSES)[A]>;
