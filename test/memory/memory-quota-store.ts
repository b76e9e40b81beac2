import type { LedgerPage, QuotaStore, StoredLedger, UserQuota } from '#core/ports/quota-store.ts';
import { type Ledger, ledgerSchema } from '#core/quotas/ledger.ts';
import type { QuotaLimits } from '#core/quotas/limits.ts';
import { formatScope, type QuotaScope } from '#core/quotas/scope.ts';
import { deepFreeze } from './memory-workbench-store.ts';

/** A QuotaStore in memory. All ledgers are one page. */
export class MemoryQuotaStore implements QuotaStore {
  readonly #limits = new Map<string, string>();
  readonly #ledgers = new Map<string, StoredLedger>();

  async read(userId: string, scopes: readonly QuotaScope[]): Promise<UserQuota> {
    const limits = scopes.flatMap((scope) => {
      const text = this.#limits.get(formatScope(scope));
      return text === undefined ? [] : [{ scope, limits: JSON.parse(text) as QuotaLimits }];
    });
    return { limits, stored: this.storedLedger(userId) };
  }

  async readLimits(scope: QuotaScope): Promise<QuotaLimits> {
    const text = this.#limits.get(formatScope(scope));
    return text === undefined ? {} : (JSON.parse(text) as QuotaLimits);
  }

  async writeLimits(scope: QuotaScope, limits: QuotaLimits): Promise<void> {
    this.#limits.set(formatScope(scope), JSON.stringify(limits));
  }

  async readLedger(userId: string): Promise<StoredLedger | undefined> {
    return this.storedLedger(userId);
  }

  async writeLedger(
    userId: string,
    ledger: Ledger,
    expectedRevision: number | undefined,
  ): Promise<'written' | 'conflict'> {
    if (this.#ledgers.get(userId)?.revision !== expectedRevision) return 'conflict';
    // Parsed once, as every reader of the text would parse it.
    const stored = deepFreeze(ledgerSchema.parse(JSON.parse(JSON.stringify(ledger))));
    this.#ledgers.set(userId, { ledger: stored, revision: (expectedRevision ?? 0) + 1 });
    return 'written';
  }

  async listLedgers(): Promise<LedgerPage> {
    return { userIds: [...this.#ledgers.keys()] };
  }

  /** The ledger as it is stored. */
  storedLedger(userId: string): StoredLedger | undefined {
    return this.#ledgers.get(userId);
  }
}
