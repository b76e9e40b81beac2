import type {
  KnownUser,
  LedgerPage,
  QuotaStore,
  StoredLedger,
  UserPage,
  UserQuota,
} from '#core/ports/quota-store.ts';
import { type Ledger, ledgerSchema } from '#core/quotas/ledger.ts';
import { formatScope, type QuotaLimits, type QuotaScope } from '#core/quotas/limits.ts';
import { deepFreeze } from './memory-workbench-store.ts';

/** A QuotaStore in memory. All ledgers are one page. */
export class MemoryQuotaStore implements QuotaStore {
  readonly #limits = new Map<string, string>();
  readonly #ledgers = new Map<string, StoredLedger>();
  readonly #users = new Map<string, KnownUser>();

  async read(userId: string, scopes: readonly QuotaScope[]): Promise<UserQuota> {
    const limits = scopes.flatMap((scope) => {
      const text = this.#limits.get(formatScope(scope));
      return text === undefined ? [] : [{ scope, limits: JSON.parse(text) as QuotaLimits }];
    });
    return { limits, stored: this.storedLedger(userId), known: this.#users.get(userId) };
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

  async saveUser({ userId, groups }: KnownUser): Promise<void> {
    this.#users.set(userId, deepFreeze({ userId, groups: [...groups] }));
  }

  async listUsers({
    limit,
    after = '',
  }: {
    readonly limit: number;
    readonly after?: string;
  }): Promise<UserPage> {
    const rest = [...this.#users.values()]
      .filter(({ userId }) => userId > after)
      .sort((one, other) => (one.userId < other.userId ? -1 : 1));
    const users = rest.slice(0, limit);
    const last = users.at(-1)?.userId;
    return rest.length > limit && last !== undefined ? { users, next: last } : { users };
  }

  /** The ledger as it is stored. */
  storedLedger(userId: string): StoredLedger | undefined {
    return this.#ledgers.get(userId);
  }
}
