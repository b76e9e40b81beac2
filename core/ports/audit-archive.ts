export const HOUR_MS = 60 * 60_000;

/** The most bytes of a file that a process holds at once. */
export const ARCHIVE_CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * The files of exported audit events, one for each hour. An hour is the time at which it begins, in milliseconds since 1970, a
 * multiple of HOUR_MS. All methods throw PortError; after `unavailable` a write may have had its effect.
 */
export interface AuditArchive {
  /** The size in bytes of the file of each hour from `from` to before `to` that has one. Strongly consistent. */
  sizes(from: number, to: number): Promise<ReadonlyMap<number, number>>;
  /**
   * Writes the file of an hour, which may be empty, unless it would have at most `unlessAtMost` bytes. Readers see the old file or the new
   * one, never a part of either. A call that fails, or whose process ends, leaves the old one. Holds at most
   * ARCHIVE_CHUNK_BYTES and one text of `texts` at once.
   * @param texts the content, in pieces of any size
   * @param unlessAtMost @default -1: the file is written
   * @returns whether the file was written
   */
  write(hour: number, texts: AsyncIterable<string>, unlessAtMost?: number): Promise<boolean>;
}
