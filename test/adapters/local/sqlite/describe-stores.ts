import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseOptions } from '#adapters/local/sqlite/database.ts';
import { openStores } from '#adapters/local/sqlite/stores.ts';
import { RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { describeActivityStoreContract } from '#test/contracts/activity-store.ts';
import { describeAuditStoreContract } from '#test/contracts/audit-store.ts';
import { describeDrainStoreContract } from '#test/contracts/drain-store.ts';
import { describeFreeCapacityStoreContract } from '#test/contracts/free-capacity-store.ts';
import { describeHistoryStoreContract } from '#test/contracts/history-store.ts';
import { describeIdempotencyStoreContract } from '#test/contracts/idempotency-store.ts';
import { describeQuotaStoreContract } from '#test/contracts/quota-store.ts';
import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { describeSessionCutoffStoreContract } from '#test/contracts/session-cutoff-store.ts';
import { describeShareLinkStoreContract } from '#test/contracts/share-link-store.ts';
import { describeShareStoreContract } from '#test/contracts/share-store.ts';
import { describeStartRateStoreContract } from '#test/contracts/start-rate-store.ts';
import { describeStartTimesStoreContract } from '#test/contracts/start-times-store.ts';
import { describeTicketStoreContract } from '#test/contracts/ticket-store.ts';
import { describeUsageStoreContract } from '#test/contracts/usage-store.ts';
import { describeWorkbenchStoreContract } from '#test/contracts/workbench-store.ts';
import { plantRecord } from './open-stores.ts';

export type StoreVariant = Partial<DatabaseOptions> & { readonly inFile: boolean };

/** Describes the contracts of all stores in a database of this variant. */
export function describeStores(variant: string, { inFile, ...options }: StoreVariant): void {
  const open = async () => {
    const folder = inFile ? await mkdtemp(join(tmpdir(), 'sqlite-stores-')) : undefined;
    const telemetry = new RecordedTelemetry();
    const path = folder === undefined ? ':memory:' : join(folder, 'state.db');
    const stores = openStores(path, { telemetry, ...options });
    return {
      ...stores,
      telemetry,
      async dispose() {
        await stores.close();
        if (folder !== undefined) await rm(folder, { recursive: true });
      },
    };
  };

  describeWorkbenchStoreContract(`SqliteWorkbenchStore ${variant}`, async () => {
    const stores = await open();
    return {
      store: stores.workbenches,
      claims: stores.idempotency,
      usage: stores.usage,
      plant: (key, raw) => plantRecord(stores, key, raw),
      reported: () => stores.telemetry.errors.map(({ fields }) => String(fields.workbenchId)),
      dispose: stores.dispose,
    };
  });

  describeHistoryStoreContract(`SqliteHistoryStore ${variant}`, async () => {
    const { history, deleteExpired, dispose } = await open();
    return {
      store: history,
      async sweep(now) {
        await deleteExpired(now);
      },
      dispose,
    };
  });

  describeDrainStoreContract(`SqliteDrainStore ${variant}`, async () => {
    const { drains, dispose } = await open();
    return { store: drains, dispose };
  });

  describeUsageStoreContract(`SqliteUsageStore ${variant}`, async () => {
    const { usage, dispose } = await open();
    return { store: usage, dispose };
  });
  describeQuotaStoreContract(
    `SqliteQuotaStore ${variant}`,
    async () => {
      const { quotas, dispose } = await open();
      return { store: quotas, dispose };
    },
    { bursts: 10 },
  );

  describeReportStoreContract(`SqliteReportStore ${variant}`, async () => {
    const { reports, dispose } = await open();
    return { store: reports, dispose };
  });

  describeIdempotencyStoreContract(`SqliteIdempotencyStore ${variant}`, async () => {
    const { idempotency, dispose } = await open();
    return { store: idempotency, dispose };
  });

  describeStartRateStoreContract(`SqliteStartRateStore ${variant}`, async () => {
    const { startRates, dispose } = await open();
    return { store: startRates, dispose };
  });

  describeStartTimesStoreContract(`SqliteStartTimesStore ${variant}`, async () => {
    const { startTimes, dispose } = await open();
    return { store: startTimes, dispose };
  });

  describeTicketStoreContract(`SqliteTicketStore ${variant}`, async () => {
    const { tickets, dispose } = await open();
    return { store: tickets, dispose };
  });

  describeSessionCutoffStoreContract(`SqliteSessionCutoffStore ${variant}`, async () => {
    const { cutoffs, dispose } = await open();
    return { store: cutoffs, dispose };
  });

  describeShareStoreContract(`SqliteShareStore ${variant}`, async () => {
    const { shares, dispose } = await open();
    return { store: shares, dispose };
  });

  describeShareLinkStoreContract(`SqliteShareLinkStore ${variant}`, async () => {
    const { links, shares, dispose } = await open();
    return { store: links, shares, dispose };
  });

  describeActivityStoreContract(`SqliteActivityStore ${variant}`, async () => {
    const { activity, dispose } = await open();
    return { store: activity, dispose };
  });

  describeAuditStoreContract(`SqliteAuditStore ${variant}`, async () => {
    const { audit, dispose } = await open();
    return { store: audit, dispose };
  });

  describeFreeCapacityStoreContract(`SqliteFreeCapacityStore ${variant}`, async () => {
    const { freeCapacity, dispose } = await open();
    return { store: freeCapacity, dispose };
  });
}
