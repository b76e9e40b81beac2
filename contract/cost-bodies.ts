import * as z from 'zod/mini';

/** What workbenches cost, in responses. */

const usd = (text: string) => z.number().check(z.minimum(0), z.describe(text));
export const costSchema = z.object({
  per_hour_running: z.optional(
    usd(
      'An hour while it runs: the share of the instance that its task uses, with network interfaces, or the whole dedicated instance; with the disk of the instance, and with its files once they are measured. Of the present run, or estimated for the next one. Absent if the price is unknown.',
    ),
  ),
  per_month_stopped: z.optional(
    usd(
      'A month while it is stopped: the disk of its dedicated instance, and its files once they are measured. Absent if the price is unknown.',
    ),
  ),
  files: z.optional(
    z
      .object({
        bytes: z
          .int()
          .check(
            z.minimum(0),
            z.describe('What the file system bills for the files: their blocks and metadata.'),
          ),
        measured_at: z
          .string()
          .check(
            z.describe(
              'When the size was stored, ISO 8601. Files of a stopped workbench are measured within about a day, those of a running one every week.',
            ),
          ),
        per_month: usd('A month for the files of this size. Part of the two amounts above.'),
      })
      .check(
        z.describe('Absent until the files are measured for the first time, and where files have no price.'),
      ),
  ),
  month_to_date: usd('What it has cost since the beginning of the month (UTC), also for earlier owners.'),
  currency: z.literal('USD'),
  basis: z
    .string()
    .check(z.describe('Which prices were used, for example `list prices of 2026-07, not the bill`.')),
});
export type CostItem = z.infer<typeof costSchema>;

/** What a workbench would cost. */
export const estimateSchema = z.object({
  per_hour_running: z.optional(
    usd('An hour while it runs, on the placement that it would get now. Absent if the price is unknown.'),
  ),
  per_month_stopped: z.optional(
    usd('A month while it is stopped, without its files. Absent if the price is unknown.'),
  ),
  currency: costSchema.shape.currency,
  basis: costSchema.shape.basis,
});
export type Estimate = z.infer<typeof estimateSchema>;

const usageSumShape = {
  hours_running: z
    .number()
    .check(z.minimum(0), z.describe('Hours for which its task was on an instance, or its host ran.')),
  usd: usd('What it has cost in the month.'),
};
export const usageItemSchema = z.object({
  workbench_id: z.string(),
  workbench_name: z.string(),
  user_id: z
    .string()
    .check(z.describe('The owner whose part this is. Each owner of the month has an own part.')),
  ...usageSumShape,
});
export type UsageItem = z.infer<typeof usageItemSchema>;

export const usageSumSchema = z.object(usageSumShape);
export type UsageSum = z.infer<typeof usageSumSchema>;

export const usageDaySchema = z.object({
  day: z.string().check(z.describe('`YYYY-MM-DD`, UTC.')),
  ...usageSumShape,
});
export type UsageDay = z.infer<typeof usageDaySchema>;

export const userUsageSchema = z.object({
  user_id: z.string(),
  groups: z
    .array(z.string())
    .check(
      z.describe(
        "Those that the user's own token proved when it last created, started or accepted a workbench.",
      ),
    ),
  ...usageSumShape,
});
export type UserUsageItem = z.infer<typeof userUsageSchema>;

export const usageResponseSchema = z.object({
  success: z.literal(true),
  month: z.string().check(z.describe('`YYYY-MM`, UTC.')),
  items: z.array(usageItemSchema),
  users: z.optional(
    z
      .array(userUsageSchema)
      .check(
        z.describe(
          'With `group` or `all`: the sum of each user on this page. The rest of the last user may be on the next page.',
        ),
      ),
  ),
  days: z
    .array(usageDaySchema)
    .check(
      z.describe(
        'The sums of this page by day, without days that have none. Months before days were counted have none.',
      ),
    ),
  total: usageSumSchema.check(z.describe('The sum of this page.')),
  currency: costSchema.shape.currency,
  basis: costSchema.shape.basis,
  next_cursor: z.optional(
    z.string().check(z.describe('Send it as `cursor` to get the next page. Absent on the last page.')),
  ),
});
