import { describe, expect, it } from 'vitest';
import { describeActivityStoreContract } from '#test/contracts/activity-store.ts';
import { describeAuditStoreContract } from '#test/contracts/audit-store.ts';
import { describeDrainStoreContract } from '#test/contracts/drain-store.ts';
import { describeQuotaStoreContract } from '#test/contracts/quota-store.ts';
import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { describeSessionCutoffStoreContract } from '#test/contracts/session-cutoff-store.ts';
import { describeShareLinkStoreContract } from '#test/contracts/share-link-store.ts';
import { describeShareStoreContract } from '#test/contracts/share-store.ts';
import { describeStartRateStoreContract } from '#test/contracts/start-rate-store.ts';
import { describeStartTimesStoreContract } from '#test/contracts/start-times-store.ts';
import { describeTicketStoreContract } from '#test/contracts/ticket-store.ts';
import { describeUsageStoreContract } from '#test/contracts/usage-store.ts';
import { describeHistoryStoreContract } from '../contracts/history-store.ts';
import { describeIdempotencyStoreContract } from '../contracts/idempotency-store.ts';
import { describeWorkbenchStoreContract } from '../contracts/workbench-store.ts';
import { MemoryStartRateStore } from './memory-start-rate-store.ts';
import { MemoryStartTimesStore } from './memory-start-times-store.ts';
import { MemoryReportStore, memoryStores } from './memory-stores.ts';
import { frozenJson } from './memory-workbench-store.ts';

describeReportStoreContract('memory', async () => ({
  store: new MemoryReportStore(),
  dispose: async () => {},
}));

describeStartRateStoreContract('memory', async () => ({
  store: new MemoryStartRateStore(),
  dispose: async () => {},
}));

describeStartTimesStoreContract('memory', async () => ({
  store: new MemoryStartTimesStore(),
  dispose: async () => {},
}));

describeShareLinkStoreContract('memory', async () => {
  const { links, shares } = memoryStores();
  return { store: links, shares, dispose: async () => {} };
});

describeActivityStoreContract('memory', async () => ({
  store: memoryStores().activity,
  dispose: async () => {},
}));

describeAuditStoreContract('memory', async () => ({
  store: memoryStores().audit,
  dispose: async () => {},
}));

describeTicketStoreContract('memory', async () => ({
  store: memoryStores().tickets,
  dispose: async () => {},
}));

describeSessionCutoffStoreContract('memory', async () => ({
  store: memoryStores().cutoffs,
  dispose: async () => {},
}));

describeShareStoreContract('memory', async () => ({
  store: memoryStores().shares,
  dispose: async () => {},
}));

describeWorkbenchStoreContract('MemoryWorkbenchStore', async () => {
  const { workbenches: store, idempotency: claims, usage } = memoryStores();
  return {
    store,
    claims,
    usage,
    plant: async (key, raw) => store.plant(key, raw),
    reported: () => store.unreadableKeys.map(({ workbenchId }) => workbenchId),
    dispose: async () => {},
  };
});

describeHistoryStoreContract('MemoryHistoryStore', async () => {
  const store = memoryStores().history;
  return { store, sweep: async (now) => store.deleteExpired(now), dispose: async () => {} };
});

describeIdempotencyStoreContract('MemoryIdempotencyStore', async () => ({
  store: memoryStores().idempotency,
  dispose: async () => {},
}));

describe('a frozen copy of a value', () => {
  it('is what JSON makes of it, and cannot be changed', () => {
    const value = { a: [1, { b: null, c: undefined }, 'x'], d: true, e: undefined, f: {} };
    const copy = frozenJson(value) as { readonly a: readonly object[] };
    expect(copy).toStrictEqual(JSON.parse(JSON.stringify(value)));
    expect([copy, copy.a, copy.a[1]].every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(value)).toBe(false);
  });

  it.each([Number.NaN, new Date(0), new Map(), () => {}, [undefined], 1n])('is refused for %o', (value) => {
    expect(() => frozenJson({ value })).toThrow(TypeError);
  });
});

describeQuotaStoreContract(
  'memory',
  async () => ({ store: memoryStores().quotas, dispose: async () => {} }),
  { bursts: 100 },
);

describeDrainStoreContract('memory', async () => ({
  store: memoryStores().drains,
  dispose: async () => {},
}));

describeUsageStoreContract('memory', async () => ({
  store: memoryStores().usage,
  dispose: async () => {},
}));
