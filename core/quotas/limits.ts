import * as z from 'zod/mini';
import { isGroupName } from '../access/grantee.ts';

/**
 * What a user may hold, each with its unit:
 * - `workbenches`: workbenches that exist, also those that are being deleted
 * - `hosts`: those of them with a dedicated instance type
 * - `running`: workbenches that hold capacity: from the request to start until they are known to have stopped
 * - `cpu`, `memory`, `gpus`: the sizes of these, in CPU units (1,024 = 1 vCPU), MiB and GPUs
 */
export const HELD_NAMES = ['workbenches', 'hosts', 'running', 'cpu', 'memory', 'gpus'] as const;
export type HeldName = (typeof HELD_NAMES)[number];

/** What a user may hold, and what the workbenches of the user may cost in a month (UTC): `usd_per_month`, in USD. */
export const QUOTA_NAMES = [...HELD_NAMES, 'usd_per_month'] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];

export const QUOTA_UNITS = {
  workbenches: 'workbenches',
  hosts: 'workbenches',
  running: 'workbenches',
  cpu: 'cpu_units',
  memory: 'mib',
  gpus: 'gpus',
  usd_per_month: 'usd',
} as const satisfies Readonly<Record<QuotaName, string>>;
export type QuotaUnit = (typeof QUOTA_UNITS)[QuotaName];

/** The highest limit. It keeps every sum exact. */
export const QUOTA_MAX = 1_000_000_000;
/** The highest limit of a month, in USD. With it all limits fit into an audit event. */
export const USD_MAX = 1_000_000;

const limit = (max = QUOTA_MAX) => z.optional(z.nullable(z.int().check(z.minimum(0), z.maximum(max))));

/** The limits of a scope. `null`: no limit. Absent: that of the next scope applies. */
export const quotaLimitsSchema = z.object({
  workbenches: limit(),
  hosts: limit(),
  running: limit(),
  cpu: limit(),
  memory: limit(),
  gpus: limit(),
  usd_per_month: limit(USD_MAX),
}) satisfies z.ZodMiniType<{ readonly [Name in QuotaName]?: number | null | undefined }>;
export type QuotaLimits = Readonly<z.infer<typeof quotaLimitsSchema>>;

/** The stored limits of a scope. */
export interface ScopedLimits {
  readonly scope: QuotaScope;
  readonly limits: QuotaLimits;
}

/** The limit that applies to a user, and the scope that sets it as the API names it. `max` null: no limit. */
export interface LimitInForce {
  readonly max: number | null;
  /** Absent if no scope sets it. */
  readonly source?: string;
}
export type LimitsInForce = Readonly<Record<QuotaName, LimitInForce>>;

/**
 * Returns the limits of a user, each of the nearest scope that sets it: the user, the user's groups, the installation, the
 * settings. Of several groups the highest limit applies.
 * @param stored of the scopes of this user; others must be left out
 * @param defaults those of the settings
 */
export function limitsInForce(stored: readonly ScopedLimits[], defaults: QuotaLimits): LimitsInForce {
  const own = stored.filter(({ scope }) => scope.kind === 'user');
  const groups = stored.filter(({ scope }) => scope.kind === 'group');
  const installation = stored.filter(({ scope }) => scope.kind === 'installation');
  const nearest = (name: QuotaName): LimitInForce =>
    highest(own, name) ??
    highest(groups, name) ??
    highest(installation, name) ??
    highest([{ scope: INSTALLATION_SCOPE, limits: defaults }], name) ?? { max: null };
  const inForce = Object.fromEntries(QUOTA_NAMES.map((name) => [name, nearest(name)]));
  return inForce as unknown as LimitsInForce;
}

function highest(scopes: readonly ScopedLimits[], name: QuotaName): LimitInForce | undefined {
  let found: LimitInForce | undefined;
  for (const { scope, limits } of scopes) {
    const max = limits[name];
    if (max === undefined || (found !== undefined && rank(max) <= rank(found.max))) continue;
    found = { max, source: formatScope(scope) };
  }
  return found;
}

function rank(max: number | null): number {
  return max ?? Number.POSITIVE_INFINITY;
}

/** Whether anything is limited that the ledger counts. */
export function hasLimit(limits: LimitsInForce): boolean {
  return HELD_NAMES.some((name) => limits[name].max !== null);
}

/** To whom limits apply: every user of the installation, every user of a group, or one user. */
export type QuotaScope =
  | { readonly kind: 'installation' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'user'; readonly userId: string };

const INSTALLATION_SCOPE: QuotaScope = { kind: 'installation' };

/** Returns the text of a scope in the API: `installation`, `group:<name>` or `user:<user id>`. */
export function formatScope(scope: QuotaScope): string {
  switch (scope.kind) {
    case 'installation':
      return 'installation';
    case 'group':
      return `group:${scope.group}`;
    case 'user':
      return `user:${scope.userId}`;
  }
}

/**
 * Parses what `formatScope` returns. Only the first colon separates. Undefined for any other text.
 * @param isUserId whether the installation accepts the text as a user id
 */
export function parseScope(text: string, isUserId: (text: string) => boolean): QuotaScope | undefined {
  if (text === 'installation') return INSTALLATION_SCOPE;
  const name = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('user:')) return isUserId(name) ? { kind: 'user', userId: name } : undefined;
  if (text.startsWith('group:')) return isGroupName(name) ? { kind: 'group', group: name } : undefined;
  return undefined;
}

/** The scopes whose limits can apply to a user. */
export function scopesOf(userId: string, groups: readonly string[]): readonly QuotaScope[] {
  return [
    INSTALLATION_SCOPE,
    ...groups.map((group) => ({ kind: 'group', group }) as const),
    { kind: 'user', userId },
  ];
}
