import * as z from 'zod/mini';
import { QUOTA_MAX, QUOTA_NAMES, QUOTA_UNITS, type QuotaName, USD_MAX } from '#core/quotas/limits.ts';
import { estimateSchema } from './cost-bodies.ts';

/** The bodies of requests and responses about quotas. */

const expectedLimit = (max: number) => `a whole number from 0 to ${max}, or null for no limit`;

const MEANINGS: Readonly<Record<QuotaName, string>> = {
  workbenches: 'Workbenches that exist, also those that are being deleted.',
  hosts: 'Workbenches with a dedicated instance type, also while they are stopped.',
  running: 'Workbenches that start, run or stop.',
  cpu: 'CPU units of these (1 vCPU = 1024).',
  memory: 'Memory of these, MiB.',
  gpus: 'GPUs of these.',
  usd_per_month:
    'What the workbenches of the user cost in a month (UTC), in USD. Nothing starts when it is used up; running workbenches continue.',
};

function eachQuota<T>(create: (name: QuotaName) => T): Record<QuotaName, T> {
  return Object.fromEntries(QUOTA_NAMES.map((name) => [name, create(name)])) as Record<QuotaName, T>;
}

export function quotaBodySchema() {
  return z.strictObject(
    eachQuota((name) => {
      const max = name === 'usd_per_month' ? USD_MAX : QUOTA_MAX;
      const error = expectedLimit(max);
      return z.optional(
        z
          .nullable(z.int({ error }).check(z.minimum(0, { error }), z.maximum(max, { error })))
          .check(z.describe(MEANINGS[name])),
      );
    }),
  );
}

const success = z.literal(true);
const amount = () => z.int().check(z.minimum(0));
const limit = () => z.nullable(amount());
/** Whole numbers, but USD. */
const used = () => z.number().check(z.minimum(0));
const usedOf = (name: QuotaName) => (name === 'usd_per_month' ? used() : amount());

export type QuotaAmounts<T> = Readonly<Record<QuotaName, T>>;

const scopeText = () => z.string().check(z.describe('`installation`, `group:<name>` or `user:<user id>`.'));
const resetsAt = () =>
  z
    .nullable(z.iso.datetime())
    .check(
      z.describe(
        'When `usd_per_month` begins again, if it is limited. Null: nothing resets with time. What a workbench holds is given back when it stops.',
      ),
    );

const quotaShape = {
  user_id: z.string().check(z.describe('The user whose limits they are.')),
  limits: z.object(eachQuota(limit)).check(z.describe('The limits in force. `null`: no limit.')),
  used: z
    .object(eachQuota(usedOf))
    .check(z.describe('What the workbenches of the user hold, and have cost in this month.')),
  sources: z
    .object(eachQuota(() => z.optional(scopeText())))
    .check(z.describe('The scope that sets each limit. Absent where none sets it.')),
  resets_at: resetsAt(),
};

export const quotaItemSchema = z.object(quotaShape);
export type QuotaItem = z.infer<typeof quotaItemSchema>;
export const quotaResponseSchema = z.object({ success, item: quotaItemSchema });

export const quotaPreviewSchema = z.object({
  ...quotaShape,
  requested: z.object(eachQuota(amount)).check(z.describe('What the workbench would hold.')),
  left: z
    .object(eachQuota((name) => z.nullable(usedOf(name))))
    .check(z.describe('What would be left afterwards. `null`: no limit.')),
});
export type QuotaPreview = z.infer<typeof quotaPreviewSchema>;
/** The response of a dry run. */
export const dryRunResponseSchema = z.object({
  success,
  item: z.object({ quota: quotaPreviewSchema, estimate: estimateSchema }),
});

export const scopeItemSchema = z.object({
  scope: scopeText(),
  limits: z
    .object(eachQuota(() => z.optional(limit())))
    .check(z.describe('The limits of the scope. Absent: that of the next scope applies.')),
});
export type ScopeItem = z.infer<typeof scopeItemSchema>;
export const scopeResponseSchema = z.object({ success, item: scopeItemSchema });

export const quotaRefusalSchema = z.object({
  limit: amount(),
  used: used(),
  requested: amount().check(
    z.describe('How much more the request needs. 0 of `usd`: a start costs as long as the workbench runs.'),
  ),
  scope: scopeText(),
  unit: z.enum([...new Set(Object.values(QUOTA_UNITS))]),
  resets_at: resetsAt(),
});
export type QuotaRefusalBody = z.infer<typeof quotaRefusalSchema>;
