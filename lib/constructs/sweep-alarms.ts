import { Duration } from 'aws-cdk-lib';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { METRICS } from '#contract/metrics.ts';
import type { Alarms } from './alarms.ts';

type Sweep = (typeof METRICS.sweep_completed.values)[number];

/** How often each sweep is run, minutes. */
const EVERY_MINUTES: Readonly<Record<Sweep, number>> = {
  active: DEPLOYED['sweep-active'].startedBy.everyMinutes,
  tasks: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  hosts: DEPLOYED['sweep-tasks-and-hosts'].startedBy.everyMinutes,
  volumes: DEPLOYED['sweep-volumes'].startedBy.everyMinutes,
  cluster: DEPLOYED['sweep-cluster'].startedBy.everyMinutes,
};

/** Each pass has a shard of its own, and comes to it again a day later. */
const DAY = Duration.days(1);

/** A period in which there is an end of a pass, however long each of them takes. */
export function twoIntervals(minutes: number): Duration {
  return Duration.minutes(2 * minutes);
}

/** The reconciler makes good for all that is lost: who watches over it is told here. */
export function addSweepAlarms(alarms: Alarms): void {
  for (const [sweep, everyMinutes] of Object.entries(EVERY_MINUTES) as [Sweep, number][]) {
    alarms.add(`sweep of ${sweep} failing`, {
      description: `The sweep of ${sweep} failed twice in a row. See the log of its function.`,
      metric: alarms.sumOfValue('sweep_aborted', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 2,
    });
    alarms.add(`sweep of ${sweep} not completing`, {
      description: `The sweep of ${sweep} has not completed for a long time: differences are not found.`,
      metric: alarms.sumOfValue('sweep_completed', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 3,
      isBelow: true,
      missingIsBreaching: true,
    });
  }
  for (const sweep of METRICS.deletion_limit_exceeded.values) {
    alarms.add(`sweep of ${sweep} over deletion limit`, {
      description: `The sweep of ${sweep} found more orphans than the deletion limit and deleted nothing. Is it the right table, and complete? See GET /reports/reconcile.`,
      // As long as pass after pass finds as much, it stays.
      metric: alarms.sumOfValue(
        'deletion_limit_exceeded',
        sweep,
        sweep === 'volumes' ? DAY : twoIntervals(EVERY_MINUTES[sweep]),
      ),
      threshold: 1,
    });
  }
  alarms.add('volumes quarantined', {
    description:
      'Directories with files but without a record were quarantined. Find their owner, then restore or delete them.',
    metric: alarms.sumOfValue('sweep_quarantined', 'volumes', DAY),
    threshold: 1,
  });
  alarms.add('repairs failing', {
    description: 'Repairs of the reconciler fail repeatedly. See GET /reports/reconcile.',
    // One thing that fails is one in each pass, and some passes are an hour apart.
    metric: alarms.sumOf('sweep_failed', twoIntervals(Math.max(...Object.values(EVERY_MINUTES)))),
    threshold: 1,
    periods: 2,
  });
}
