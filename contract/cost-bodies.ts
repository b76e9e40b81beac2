import * as z from 'zod/mini';

/** What workbenches cost, in responses. */

const usd = (text: string) => z.number().check(z.minimum(0), z.describe(text));
export const costSchema = z.object({
  per_hour_running: z.optional(
    usd(
      'An hour while it runs: the share of the instance that its task uses, with network interfaces, or the whole dedicated instance; with the disk of the instance. Of the present run, or estimated for the next one. Absent if the price is unknown.',
    ),
  ),
  per_month_stopped: z.optional(
    usd(
      'A month while it is stopped: the disk of its dedicated instance. Without its files, whose size is not known. Absent if the price is unknown.',
    ),
  ),
  month_to_date: usd('What it has cost since the beginning of the month (UTC), also for earlier owners.'),
  currency: z.literal('USD'),
  basis: z
    .string()
    .check(z.describe('Which prices were used, for example `list prices of 2026-07, not the bill`.')),
});
export type CostItem = z.infer<typeof costSchema>;
