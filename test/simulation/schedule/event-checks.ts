import type { HistoryEntry } from '#core/workbench/history.ts';
import type { BusEntry } from '../world/event-bus-model.ts';
import { RuleViolation } from './rule-violation.ts';

/** Entries of these types are published whether or not the status changes. */
const PUBLISHED_TYPES: ReadonlySet<string> = new Set([
  'created',
  'idle_warned',
  'idle_warning_ended',
  'extended',
  'schedule_warned',
  'stop_warned',
  'schedule_missed',
  'schedule_refused',
  'retention_warned',
  'interruption_noticed',
  'drain_announced',
  'drain_cancelled',
  'delete_requested',
  'restored',
  'files_deleted',
  'owner_changed',
]);

/** The type of the event that readers must get of an entry; undefined: none is required. */
function expectedType({ type, to }: HistoryEntry): string | undefined {
  if (PUBLISHED_TYPES.has(type)) return type;
  return to === undefined ? undefined : 'status_changed';
}

/**
 * The rules about workbench events. They compare what the bus has accepted with the entries that the history has got, never with what a
 * function has read.
 * - Every entry of the history that concerns other systems is published at least once, with one id.
 * - Nothing is published that is not in the history.
 */
export class EventChecks {
  readonly #entries = new Map<string, HistoryEntry>();

  /** Called when the history has got an entry. */
  noteEntry(workbenchId: string, entry: HistoryEntry): void {
    this.#entries.set(`${workbenchId}-${entry.seq}`, entry);
  }

  /** Checks what was published, once everything must be. */
  check(published: readonly BusEntry[]): void {
    const details = published.map(({ source, detail }) => {
      if (source !== 'workbench-controller') throw new RuleViolation(`an event has the source ${source}`);
      return JSON.parse(detail) as Readonly<Record<string, unknown>>;
    });
    for (const detail of details) this.#checkPublished(detail);
    const ids = new Set(details.map(({ id }) => id));
    for (const [id, entry] of this.#entries) {
      if (expectedType(entry) !== undefined && !ids.has(id))
        throw new RuleViolation(`the entry ${id} (${entry.type}) of the history was not published`);
    }
  }

  #checkPublished(detail: Readonly<Record<string, unknown>>): void {
    const { id, type, time, status, workbench_id: workbenchId } = detail;
    const entry = this.#entries.get(String(id));
    if (entry === undefined || !String(id).startsWith(`${workbenchId}-`))
      throw new RuleViolation(`the event ${id} (${type}) was published, but is not in the history`);
    const expected = expectedType(entry);
    if (expected !== undefined && type !== expected)
      throw new RuleViolation(`the entry ${id} (${entry.type}) was published as ${type}`);
    if (time !== new Date(entry.at).toISOString())
      throw new RuleViolation(`the event ${id} has the time ${time}, not that of its entry`);
    if (entry.to !== undefined && status !== entry.to)
      throw new RuleViolation(
        `the event ${id} has the status ${status}, but its entry changed it to ${entry.to}`,
      );
  }
}
