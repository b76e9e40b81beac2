import * as z from 'zod/mini';
import { dropFieldsOfOtherVariants, SCHEMA_VERSION, type Workbench, workbenchSchema } from './workbench.ts';

/**
 * Reads and writes records that several versions of the controller share: during a deployment and after a rollback,
 * older and newer code work on one table (docs/decisions/0009-records-that-grow.md).
 *
 * - An **additive** change (an optional field, a reason code, a type of history entries, a host state) needs no new
 *   schema version. Code that does not know it keeps it and writes it back.
 * - A change that code must **convert** (a field renamed, moved or made mandatory) raises SCHEMA_VERSION and adds an
 *   upgrade. If older code can still read the new records, it writes them back with its own schema version, and the
 *   newer code applies the upgrade again.
 * - A change that older code **cannot read** (a status, a phase of a run, a kind of placement, a field that is gone)
 *   raises MIN_READER as well. Release it in two steps: first a version that can read it, then one that writes it.
 */

/** Lowest schema version whose code can read what this code writes. */
export const MIN_READER = 1;

/** A record as it is stored. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/**
 * Converts a record of one schema version to the next. It must accept a record that already has fields of the next
 * version: older code wrote it after newer code.
 */
export type Upgrade = (record: StoredRecord) => StoredRecord;

/** What a version of the code can read and what it writes. */
export interface RecordFormat {
  readonly schemaVersion: number;
  readonly minReader: number;
  /** Schema version → conversion to the next one. One for each version below `schemaVersion`. */
  readonly upgrades: ReadonlyMap<number, Upgrade>;
}

const CURRENT_FORMAT: RecordFormat = {
  schemaVersion: SCHEMA_VERSION,
  minReader: MIN_READER,
  upgrades: new Map(),
};

const versionsSchema = z.object({
  schemaVersion: z.int().check(z.minimum(1)),
  minReader: z.optional(z.int().check(z.minimum(1))),
});

/**
 * The workbench in a stored record.
 * @throws Error when the record requires newer code, or does not match the schema
 */
export function decodeRecord(stored: unknown, format = CURRENT_FORMAT): Workbench {
  const { schemaVersion, minReader = 1 } = versionsSchema.parse(stored);
  if (minReader > format.schemaVersion) {
    throw new Error(
      `the record requires a controller of schema version ${minReader} or later; this one has ${format.schemaVersion}`,
    );
  }
  return dropFieldsOfOtherVariants(
    workbenchSchema.parse(upgrade(stored as StoredRecord, schemaVersion, format)),
  );
}

function upgrade(record: StoredRecord, schemaVersion: number, format: RecordFormat): StoredRecord {
  if (schemaVersion >= format.schemaVersion) return record;
  let upgraded = record;
  for (let version = schemaVersion; version < format.schemaVersion; version += 1) {
    const convert = format.upgrades.get(version);
    if (convert === undefined) throw new Error(`records of schema version ${version} cannot be upgraded`);
    upgraded = convert(upgraded);
  }
  return { ...upgraded, schemaVersion: format.schemaVersion };
}

/**
 * The workbench as it is to be stored. What newer code requires of its readers stays required.
 * @throws Error when the workbench does not match the schema: it could not be read back
 */
export function encodeRecord(workbench: Workbench, format = CURRENT_FORMAT): StoredRecord {
  const minReader = Math.max(workbench.minReader ?? 1, format.minReader);
  const { minReader: _read, ...rest } = z.encode(workbenchSchema, workbench);
  return {
    ...rest,
    schemaVersion: format.schemaVersion,
    ...(minReader > 1 ? { minReader } : {}),
  };
}
