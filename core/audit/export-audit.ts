import * as z from 'zod/mini';
import { type AuditArchive, HOUR_MS } from '../ports/audit-archive.ts';
import type { AuditPosition, AuditStore } from '../ports/audit-store.ts';
import { DAY_MS } from '../ports/audit-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type AuditEvent, auditEventSchema } from './audit-event.ts';

/**
 * How long after its end an hour is exported, milliseconds. Events are stored within a minute of their time: a function ends after
 * 29 s, and the clocks of AWS differ by less than a second.
 */
export const SETTLE_MS = 10 * 60_000;

/**
 * How much later than the beginning of its hour an event may be stored without being lost, milliseconds. Until the files are so much
 * further, each run compares the file of the hour with the events again.
 */
export const DELAY_MAX_MS = DAY_MS;

/** A run begins no further hour after this time, milliseconds. Lambda ends it after 15 minutes. */
export const RUN_MAX_MS = 10 * 60_000;

/** Events that one read returns at most. */
const PAGE_SIZE = 500;

export interface ExportPorts {
  readonly audit: Pick<AuditStore, 'list'>;
  readonly archive: AuditArchive;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface AuditExport {
  /** Files that were written. */
  readonly written: number;
  /** Hours that are left for the next run. */
  readonly left: number;
}

/**
 * Writes a file for each hour of the last `retentionDays` that has ended and has none, the oldest first. Before that, it writes the
 * last files again if events were added. A file has the events of its hour in the order of time and id, each as a line of
 * JSON, so that a repeated export writes the same file.
 *
 * The files are the only state. A run that fails is repeated by the next one: a new file shows that all comparisons before it
 * were made, so that also after an outage the next run makes those that are missing.
 */
export async function exportAudit(ports: ExportPorts, retentionDays: number): Promise<AuditExport> {
  const { audit, archive, clock, telemetry } = ports;
  const startedAt = clock.now();
  const to = startOfHour(startedAt - SETTLE_MS);
  const from = startOfHour(startedAt - retentionDays * DAY_MS);
  const sizes = await archive.sizes(from, to);
  const hours = hoursBetween(from, to);
  const last = Math.max(...sizes.keys());
  const due = [
    ...hours.filter((hour) => sizes.has(hour) && hour >= last - DELAY_MAX_MS),
    ...hours.filter((hour) => !sizes.has(hour)),
  ];
  let written = 0;
  for (const [index, hour] of due.entries()) {
    if (clock.now() - startedAt >= RUN_MAX_MS) return { written, left: due.length - index };
    // Events are only added, so that a larger file has more of them. A smaller one is never written: its events may have
    // expired, or an older version may be unable to read them.
    if (await archive.write(hour, linesOf(audit, hour), sizes.get(hour))) written += 1;
  }
  telemetry.count('audit_export_completed', 1);
  return { written, left: 0 };
}

/** The events of an hour, a page at a time. */
async function* linesOf(audit: Pick<AuditStore, 'list'>, hour: number): AsyncGenerator<string> {
  let after: AuditPosition | undefined;
  do {
    const { events, next } = await audit.list({
      from: hour,
      to: hour + HOUR_MS,
      first: 'oldest',
      after,
      limit: PAGE_SIZE,
    });
    yield events.map(lineOf).join('');
    after = next;
  } while (after !== undefined);
}

function lineOf(event: AuditEvent): string {
  return `${JSON.stringify(z.encode(auditEventSchema, event))}\n`;
}

function hoursBetween(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, (to - from) / HOUR_MS) }, (_, index) => from + index * HOUR_MS);
}

function startOfHour(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}
