/**
 * `npm run bench:reconcile`: what a minute's pass of the reconciler reads, counted at the SDK, when a million
 * workbenches are stored; written to bench/results. Ends with 1 when it reads more than what is due.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import { build as buildSweepDue } from '#functions/schedules/sweep-due.ts';
import { type CountedCall, countCalls, sumCalls } from '#test/adapters/aws/dynamodb/counted-calls.ts';
import { openLoadedTable } from '#test/adapters/aws/dynamodb/loaded-table.ts';
import { NOW, type Population, population } from '#test/adapters/aws/dynamodb/population.ts';
import { RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { describeMachine } from './machine.ts';
import { machineTable, markdownTable } from './markdown.ts';

const HELP = `npm run bench:reconcile -- [options]

Counts what a minute's pass reads of a table with many records. A million take some minutes to load, and 3 GB of disk.

  --stored N   records in all (default 1000000)
  --active N   of those, how many are active (default 10000)
  --due N      of those, how many are due, 1 to 1000 (default 10)
  --out FILE   where the result goes (default bench/results/reconcile.md when a million are stored)
`;

const { values } = parseArgs({
  options: {
    stored: { type: 'string', default: '1000000' },
    active: { type: 'string', default: '10000' },
    due: { type: 'string', default: '10' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

interface SweepResult {
  readonly what: string;
  readonly found: number;
  readonly seconds: number;
  readonly calls: readonly CountedCall[];
}

if (values.help) console.log(HELP);
else await measure({ stored: parseCount('stored'), active: parseCount('active'), due: parseCount('due') });

async function measure(of: Population): Promise<void> {
  if (of.due > 1000 || 3 * of.due > of.active || of.active > of.stored)
    throw new Error('expected due ≤ 1000, 3 × due ≤ active and active ≤ stored');
  const folder = await mkdtemp(join(tmpdir(), 'workbench-bench-'));
  try {
    console.error(`Loading ${of.stored} records …`);
    const began = performance.now();
    const table = await openLoadedTable(withProgress(population(of), of.stored), folder);
    const loadSeconds = (performance.now() - began) / 1000;
    try {
      const workbenches = new DynamoWorkbenchStore(table.client, table.tableName, new RecordedTelemetry());
      const calls = countCalls(table.client);
      const ports = {
        workbenches,
        ...{
          clock: { now: () => NOW },
          telemetry: new RecordedTelemetry(),
          queue: new MemoryWorkQueue({ now: () => NOW }),
        },
      };
      const due = await measureSweep(
        'each minute: what is due',
        calls,
        async () => (await buildSweepDue(ports)()).enqueued,
      );
      const active = await measureSweep('each ten minutes: the list of what is active', calls, async () => {
        let found = 0;
        let cursor: string | undefined;
        do {
          const page = await workbenches.listActive(cursor);
          found += page.keys.length;
          ({ cursor } = page);
        } while (cursor !== undefined);
        return found;
      });
      const page = report(of, loadSeconds, [due, active]);
      console.log(page);
      const out =
        values.out ??
        (of.stored >= 1_000_000 ? join(import.meta.dirname, 'results/reconcile.md') : undefined);
      if (out !== undefined) await writeFile(out, page);
      const { items, scanned } = sumCalls(due.calls);
      if (due.found !== of.due || items !== of.due || scanned !== of.due || due.calls.length !== DUE_SHARDS) {
        console.error('The pass has read something else than what is due.');
        process.exitCode = 1;
      }
    } finally {
      await table.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureSweep(
  what: string,
  calls: CountedCall[],
  run: () => Promise<number>,
): Promise<SweepResult> {
  calls.length = 0;
  const began = performance.now();
  const found = await run();
  return { what, found, seconds: (performance.now() - began) / 1000, calls: [...calls] };
}

function report(
  { stored, active, due }: Population,
  loadSeconds: number,
  passes: readonly SweepResult[],
): string {
  const rows = passes.map(({ what, found, seconds, calls: made }) => {
    const { calls, items, scanned, units } = sumCalls(made);
    return [what, ...[found, calls, items, scanned, units].map(String), `${(seconds * 1000).toFixed(0)} ms`];
  });
  return [
    '# What the reconciler reads',
    '',
    '<!-- Written by `npm run bench:reconcile`. Do not edit. -->',
    '',
    `${stored} workbenches are stored, ${active} of them are active, ${due} are due. The real adapter over the embedded`,
    'table; calls, items and read units counted where the SDK sends. The index of what is due has',
    `${DUE_SHARDS} shards, one query each.`,
    '',
    markdownTable([['pass', 'found', 'calls', 'items', 'items looked at', 'read units', 'took'], ...rows]),
    '',
    `Loaded and indexed in ${loadSeconds.toFixed(0)} s.`,
    '',
    machineTable(describeMachine()),
    '',
  ].join('\n');
}

/** Tells how far it has come: loading takes minutes. */
function* withProgress<T>(all: Iterable<T>, total: number): Generator<T> {
  let count = 0;
  for (const one of all) {
    count += 1;
    if (count % 100_000 === 0) console.error(`  ${count} of ${total}`);
    yield one;
  }
}

function parseCount(name: 'stored' | 'active' | 'due'): number {
  const text = values[name];
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 10_000_000)
    throw new Error(`--${name}: expected a whole number from 1 to 10000000, not ${text}`);
  return value;
}
