import * as z from 'zod/mini';
import { SWEEPS } from '#core/reconcile/report.ts';

/** The bodies of the route that starts a sweep. */

const EXPECTED = `one of ${SWEEPS.join(', ')}`;

export const sweepBodySchema = () =>
  z.strictObject({
    sweep: z
      .enum(SWEEPS, { error: EXPECTED })
      .check(
        z.describe(
          'The sweep, as reports name it. `tasks` and `hosts` run together, the tasks first. `cluster` exists on AWS only. `volumes`, and `cluster` for task definitions, check the part of the present interval, as they do by their schedule.',
        ),
      ),
  });

export const sweepResponseSchema = z.object({
  success: z.literal(true),
  item: z.object({
    sweep: z.enum(SWEEPS),
    requested_at: z.iso
      .datetime()
      .check(
        z.describe(
          'Its report is the first of this sweep in `GET /reports/reconcile` whose `started_at` is not earlier.',
        ),
      ),
  }),
});
