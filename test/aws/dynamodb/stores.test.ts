import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { deleteExpiredItems } from '#adapters/aws/dynamodb/expired-items.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareLinkStore } from '#adapters/aws/dynamodb/share-link-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoUsageStore } from '#adapters/aws/dynamodb/usage-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { sweepStarterOn } from '#test/adapters/aws/dynamodb/sweep-starter-on.ts';
import { putRawRecord, RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { describeActivityStoreContract } from '#test/contracts/activity-store.ts';
import { describeFreeCapacityStoreContract } from '#test/contracts/free-capacity-store.ts';
import { describeHistoryStoreContract } from '#test/contracts/history-store.ts';
import { describeIdempotencyStoreContract } from '#test/contracts/idempotency-store.ts';
import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { describeSessionCutoffStoreContract } from '#test/contracts/session-cutoff-store.ts';
import { describeShareLinkStoreContract } from '#test/contracts/share-link-store.ts';
import { describeShareStoreContract } from '#test/contracts/share-store.ts';
import { describeStartRateStoreContract } from '#test/contracts/start-rate-store.ts';
import { describeStartTimesStoreContract } from '#test/contracts/start-times-store.ts';
import { describeSweepStarterContract } from '#test/contracts/sweep-starter.ts';
import { describeTicketStoreContract } from '#test/contracts/ticket-store.ts';
import { describeUsageStoreContract } from '#test/contracts/usage-store.ts';
import { describeWorkbenchStoreContract } from '#test/contracts/workbench-store.ts';
import type { EmulatorName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';
import { createTableOn } from './table.ts';

const NO_EXCEPTIONS = { workbenches: {}, idempotency: {}, startRates: {}, activity: {}, cutoffs: {} };

/** The contract tests that cannot pass on an emulator, by suite. */
const EXCEPTIONS = {
  ministack: NO_EXCEPTIONS,
  moto: {
    workbenches: {
      'succeeds for one of a hundred concurrent calls': 'motoConditionalWrites',
      'succeeds for one of a hundred concurrent calls, even with equal contents': 'motoConditionalWrites',
      'succeeds for one of many concurrent moves to two users': 'motoConditionalWrites',
      'and a concurrent start exclude each other': 'motoConditionalWrites',
      'and a concurrent deletion of the record leave at most one record': 'motoConditionalWrites',
      'leaves one record after any number of concurrent moves, each after a read': 'motoConditionalWrites',
    },
    idempotency: {
      'gives the claim to one of a hundred concurrent callers and returns it to all': 'motoConditionalWrites',
      'gives an expired claim to one of many concurrent callers': 'motoConditionalWrites',
      'completes a claim for one of many concurrent callers': 'motoConditionalWrites',
    },
    startRates: {
      'counts exactly the maximum of concurrent calls': 'motoConditionalWrites',
    },
    activity: {
      'has the latest time after concurrent writes in any order': 'motoConditionalWrites',
      'has the latest time of each kind after concurrent reports': 'motoConditionalWrites',
    },
    cutoffs: {
      'loses none of 10 concurrent calls': 'motoConditionalWrites',
    },
  },
} as const satisfies Readonly<Record<EmulatorName, Record<keyof typeof NO_EXCEPTIONS, Exceptions>>>;

type Exceptions = Parameters<typeof exceptionsFor>[0];

/**
 * The contract suites on the DynamoDB of two emulators that do not belong to this project; `npm test` runs them on
 * dynalite.
 */
for (const emulator of ['ministack', 'moto'] as const) {
  const on = (store: string) => `${store} on ${emulator}`;
  const { workbenches, idempotency, startRates, activity, cutoffs } = EXCEPTIONS[emulator];

  describeWorkbenchStoreContract(
    on('DynamoWorkbenchStore'),
    async () => {
      const table = await createTableOn(emulator);
      const telemetry = new RecordedTelemetry();
      return {
        store: new DynamoWorkbenchStore(table.client, table.tableName, telemetry),
        claims: new DynamoIdempotencyStore(table.client, table.tableName),
        usage: new DynamoUsageStore(table.client, table.tableName),
        plant: (key, raw) => putRawRecord(table, key, raw),
        reported: () => telemetry.errors.map(({ fields }) => String(fields.workbenchId)),
        dispose: table.dispose,
      };
    },
    exceptionsFor(workbenches),
  );

  describeHistoryStoreContract(on('DynamoHistoryStore'), async () => {
    const table = await createTableOn(emulator);
    return {
      store: new DynamoHistoryStore(table.client, table.tableName, new RecordedTelemetry()),
      // No emulator lets a test control the TTL. The test deletes expired items as local mode does.
      sweep: async (now) => {
        await deleteExpiredItems(table.client, table.tableName, now);
      },
      dispose: table.dispose,
    };
  });

  describeSweepStarterContract(on('LambdaSweepStarter'), async () =>
    sweepStarterOn(await createTableOn(emulator)),
  );

  describeReportStoreContract(on('DynamoReportStore'), async () => {
    const table = await createTableOn(emulator);
    return {
      store: new DynamoReportStore(table.client, table.tableName, new RecordedTelemetry()),
      dispose: table.dispose,
    };
  });

  describeIdempotencyStoreContract(
    on('DynamoIdempotencyStore'),
    async () => {
      const table = await createTableOn(emulator);
      return { store: new DynamoIdempotencyStore(table.client, table.tableName), dispose: table.dispose };
    },
    exceptionsFor(idempotency),
  );

  describeStartRateStoreContract(
    on('DynamoStartRateStore'),
    async () => {
      const table = await createTableOn(emulator);
      return { store: new DynamoStartRateStore(table.client, table.tableName), dispose: table.dispose };
    },
    exceptionsFor(startRates),
  );

  describeStartTimesStoreContract(on('DynamoStartTimesStore'), async () => {
    const table = await createTableOn(emulator);
    return { store: new DynamoStartTimesStore(table.client, table.tableName), dispose: table.dispose };
  });

  describeUsageStoreContract(on('DynamoUsageStore'), async () => {
    const table = await createTableOn(emulator);
    return { store: new DynamoUsageStore(table.client, table.tableName), dispose: table.dispose };
  });

  describeTicketStoreContract(on('DynamoTicketStore'), async () => {
    const table = await createTableOn(emulator);
    return { store: new DynamoTicketStore(table.client, table.tableName), dispose: table.dispose };
  });

  describeSessionCutoffStoreContract(
    on('DynamoSessionCutoffStore'),
    async () => {
      const table = await createTableOn(emulator);
      return { store: new DynamoSessionCutoffStore(table.client, table.tableName), dispose: table.dispose };
    },
    exceptionsFor(cutoffs),
  );

  describeShareStoreContract(on('DynamoShareStore'), async () => {
    const table = await createTableOn(emulator);
    return { store: new DynamoShareStore(table.client, table.tableName), dispose: table.dispose };
  });

  describeShareLinkStoreContract(on('DynamoShareLinkStore'), async () => {
    const table = await createTableOn(emulator);
    return {
      store: new DynamoShareLinkStore(table.client, table.tableName),
      shares: new DynamoShareStore(table.client, table.tableName),
      dispose: table.dispose,
    };
  });

  describeActivityStoreContract(
    on('DynamoActivityStore'),
    async () => {
      const table = await createTableOn(emulator);
      return { store: new DynamoActivityStore(table.client, table.tableName), dispose: table.dispose };
    },
    exceptionsFor(activity),
  );

  describeFreeCapacityStoreContract(on('DynamoFreeCapacityStore'), async () => {
    const table = await createTableOn(emulator);
    return { store: new DynamoFreeCapacityStore(table.client, table.tableName), dispose: table.dispose };
  });
}
