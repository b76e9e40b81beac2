import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { parseRecordRow, type RecordRow } from './record-row.ts';

/** The most records that are kept decoded: about 10 MB. */
const RECORDS_MAX = 1_000;

/**
 * The records that were read last, decoded. A poll reads the same record again and again, and checking it against the
 * schema takes several times as long as reading it. An entry is used only if the row that was just read is identical, so
 * that the file decides. The records are frozen, because several callers get the same object.
 */
export class DecodedRecords {
  readonly #max: number;
  /** Text of the key → the row and its workbench; the one that was used last is the last. */
  readonly #entries = new Map<string, { readonly row: RecordRow; readonly workbench: Workbench }>();

  constructor(max = RECORDS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The workbench in a row with this key.
   * @throws UnreadableRecord
   */
  decode(key: WorkbenchKey, row: RecordRow): Workbench {
    const name = `${key.userId}\0${key.workbenchId}`;
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    const isCurrent = entry !== undefined && entry.row.record === row.record && entry.row.crc === row.crc;
    const current = isCurrent ? entry : { row, workbench: deepFreeze(parseRecordRow(key, row)) };
    this.#entries.set(name, current);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#max && oldest !== undefined) this.#entries.delete(oldest);
    return current.workbench;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
