/**
 * `npm run bench:reconcile`: counts at the SDK what the sweep of due records reads from a table with a million
 * workbenches, and writes it to bench/results. Exits with 1 if the sweep reads more than the due records.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import { buildSweepDue } from '#functions/schedules/sweeps.ts';
import { type CountedCall, countCalls, sumCalls } from '#test/adapters/aws/dynamodb/counted-calls.ts';
import { openLoadedTable } from '#test/adapters/aws/dynamodb/loaded-table.ts';
import { NOW, type Population, population } from '#test/adapters/aws/dynamodb/population.ts';
import { RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { describeEnvironment } from './environment.ts';
import { environmentTable, markdownTable } from './markdown.ts';

const HELP = `npm run bench:reconcile -- [options]

Counts what the sweep of due records reads from a large table. Loading a million records takes some minutes and 3 GB of
disk space.

  --stored N   number of records (default 1000000)
  --active N   number of active records among them (default 10000)
  --due N      number of due records among them, 1 to 1000 (default 10)
  --out FILE   output file (default bench/results/reconcile.md for at least a million records)
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
  readonly name: string;
  readonly found: number;
  readonly seconds: number;
  readonly calls: readonly CountedCall[];
}

if (values.help) console.log(HELP);
else await measure({ stored: parseCount('stored'), active: parseCount('active'), due: parseCount('due') });

async function measure(size: Population): Promise<void> {
  if (size.due > 1000 || 3 * size.due > size.active || size.active > size.stored)
    throw new Error('expected due ≤ 1000, 3 × due ≤ active and active ≤ stored');
  const folder = await mkdtemp(join(tmpdir(), 'workbench-bench-'));
  try {
    console.error(`Loading ${size.stored} records …`);
    const start = performance.now();
    const table = await openLoadedTable(withProgress(population(size), size.stored), folder);
    const loadSeconds = (performance.now() - start) / 1000;
    try {
      const workbenches = new DynamoWorkbenchStore(table.client, table.tableName, new RecordedTelemetry());
      const calls = countCalls(table.client);
      const ports = {
        workbenches,
        ...{
          clock: { now: () => NOW },
          telemetry: new RecordedTelemetry(),
          queue: new MemoryWorkQueue({ elapsed: () => NOW }),
        },
      };
      const due = await measureSweep(
        'every minute: due records',
        calls,
        async () => (await buildSweepDue(ports)()).enqueued,
      );
      const active = await measureSweep('every ten minutes: list of active records', calls, async () => {
        let found = 0;
        let cursor: string | undefined;
        do {
          const page = await workbenches.listActive(cursor);
          found += page.keys.length;
          ({ cursor } = page);
        } while (cursor !== undefined);
        return found;
      });
      const page = report(size, loadSeconds, [due, active]);
      console.log(page);
      const out =
        values.out ??
        (size.stored >= 1_000_000 ? join(import.meta.dirname, 'results/reconcile.md') : undefined);
      if (out !== undefined) await writeFile(out, page);
      const { items, scanned } = sumCalls(due.calls);
      if (
        due.found !== size.due ||
        items !== size.due ||
        scanned !== size.due ||
        due.calls.length !== DUE_SHARDS
      ) {
        console.error('The sweep did not read exactly the due records.');
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
  name: string,
  calls: CountedCall[],
  run: () => Promise<number>,
): Promise<SweepResult> {
  calls.length = 0;
  const start = performance.now();
  const found = await run();
  return { name, found, seconds: (performance.now() - start) / 1000, calls: [...calls] };
}

function report(
  { stored, active, due }: Population,
  loadSeconds: number,
  sweeps: readonly SweepResult[],
): string {
  const rows = sweeps.map(({ name, found, seconds, calls: countedCalls }) => {
    const { calls, items, scanned, units } = sumCalls(countedCalls);
    return [name, ...[found, calls, items, scanned, units].map(String), `${(seconds * 1000).toFixed(0)} ms`];
  });
  return [
    '# What the reconciler reads',
    '',
    '<!-- Written by `npm run bench:reconcile`. Do not edit. -->',
    '',
    `The table has ${stored} workbenches: ${active} are active, ${due} are due. Measured with the AWS adapter and the`,
    'embedded table; calls, items and read units are counted at the SDK. The index of due records has',
    `${DUE_SHARDS} shards, with one query each.`,
    '',
    markdownTable([['sweep', 'found', 'calls', 'items', 'scanned items', 'read units', 'duration'], ...rows]),
    '',
    `Loaded and indexed in ${loadSeconds.toFixed(0)} s.`,
    '',
    environmentTable(describeEnvironment()),
    '',
  ].join('\n');
}

/** Prints the progress, because loading takes minutes. */
function* withProgress<T>(items: Iterable<T>, total: number): Generator<T> {
  let count = 0;
  for (const item of items) {
    count += 1;
    if (count % 100_000 === 0) console.error(`  ${count} of ${total}`);
    yield item;
  }
}

function parseCount(name: 'stored' | 'active' | 'due'): number {
  const text = values[name];
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 10_000_000)
    throw new Error(`--${name}: expected a whole number from 1 to 10000000; found ${text}`);
  return value;
}
