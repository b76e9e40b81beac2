import { expect, it } from 'vitest';
import { heldBy } from '#core/quotas/held.ts';
import { EMPTY_LEDGER } from '#core/quotas/ledger.ts';
import { running, stopped, T0 } from '#test/builders/workbench.ts';
import { MemoryQuotaStore } from '../../memory/memory-quota-store.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { QuotaChecks } from './quota-checks.ts';

/** No workbench has cost anything. */
const COSTS = { monthToDate: () => 0 };

it('a record that holds more than the ledger has violates a rule', async () => {
  const quotas = new MemoryQuotaStore();
  const record = running();
  const { world } = new WorldFixture({ hazards: NO_HAZARDS });
  const checks = new QuotaChecks(quotas, () => [record], world, COSTS);
  const { userId, workbenchId, revision } = record;
  const ledgerWith = (held: ReturnType<typeof heldBy>) => ({
    ...EMPTY_LEDGER,
    entries: { [workbenchId]: { revision, at: T0, held: { ...held } } },
  });
  checks.checkCovered(record);
  await quotas.writeLedger(userId, ledgerWith(heldBy(stopped())), undefined);
  expect(() => checks.checkCovered(record)).toThrow(`but the ledger of ${userId} has 0`);
  await quotas.writeLedger(userId, ledgerWith(heldBy(record)), 1);
  checks.checkCovered(record);
});

it('a request that writes a record long after the ledger violates a rule', () => {
  const { world } = new WorldFixture({ hazards: NO_HAZARDS });
  const checks = new QuotaChecks(new MemoryQuotaStore(), () => [], world, COSTS);
  checks.checkCall('start-workbench#1', 'quotas.writeLedger', T0);
  checks.checkCall('start-workbench#1', 'workbenches.update', T0 + 30_000);
  checks.checkCall('start-workbench#2', 'quotas.writeLedger', T0);
  const write = () => checks.checkCall('start-workbench#2', 'workbenches.update', T0 + 300_000);
  expect(write).toThrow('start-workbench#2 writes a record 300 s after it wrote the ledger');
});

it('a request that writes the ledger long after it read it violates a rule, unless it gives back', () => {
  const { world } = new WorldFixture({ hazards: NO_HAZARDS });
  const checks = new QuotaChecks(new MemoryQuotaStore(), () => [], world, COSTS);
  checks.checkCall('accept-owner#1', 'quotas.read', T0);
  const write = () => checks.checkCall('accept-owner#1', 'quotas.writeLedger', T0 + 300_000);
  expect(write).toThrow('accept-owner#1 writes the ledger 300 s after it read it');
  checks.checkCall('accept-owner#1', 'quotas.readLedger', T0);
  expect(write).not.toThrow();
});
