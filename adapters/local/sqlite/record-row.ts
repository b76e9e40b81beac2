import { crc32 } from 'node:zlib';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { decodeRecord, encodeRecord } from '#core/workbench/record-codec.ts';
import { dueAt, isActive, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';

/** The columns of a record, besides its key. */
export interface RecordRow {
  readonly record: string;
  readonly crc: number;
}

/** The columns that the indexes contain. */
export interface IndexColumns {
  readonly dueAt: number | null;
  readonly active: 0 | 1;
  readonly instanceId: string | null;
}

/** @throws Error when the workbench does not match the schema: it could not be read back */
export function toRecordRow(workbench: Workbench): RecordRow {
  const { userId, workbenchId, ...record } = encodeRecord(workbench);
  const text = JSON.stringify(record);
  return { record: text, crc: checksum({ userId: String(userId), workbenchId: String(workbenchId) }, text) };
}

export function toIndexColumns(workbench: Workbench): IndexColumns {
  return {
    dueAt: dueAt(workbench) ?? null,
    active: isActive(workbench) ? 1 : 0,
    instanceId: workbench.host?.instanceId ?? null,
  };
}

/**
 * The workbench in a row with this key.
 * @throws UnreadableRecord when the row is damaged, is no record, requires newer code, or belongs to another key
 */
export function parseRecordRow(key: WorkbenchKey, { record, crc }: RecordRow): Workbench {
  const { userId, workbenchId } = key;
  try {
    if (crc !== checksum(key, record)) throw new Error('the checksum differs');
    const workbench = decodeRecord({ userId, workbenchId, ...JSON.parse(record) });
    if (workbench.userId !== userId || workbench.workbenchId !== workbenchId)
      throw new Error('the record belongs to another workbench');
    return workbench;
  } catch (error) {
    throw new UnreadableRecord(key, error);
  }
}

/** The checksum includes the key, so that a record in the row of another workbench is noticed. */
export function checksum({ userId, workbenchId }: WorkbenchKey, record: string): number {
  return crc32(`${userId}\0${workbenchId}\0${record}`);
}
