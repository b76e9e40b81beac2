import { Duration } from 'aws-cdk-lib';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { METRICS } from '#contract/metrics.ts';
import type { Alarms } from './alarms.ts';

type Sweep = (typeof METRICS.sweep_completed.values)[number];

/** How often each sweep is run, minutes. */
const EVERY_MINUTES: Readonly<Record<Sweep, number>> = {
  active: DEPLOYED['reconcile-active'].startedBy.everyMinutes,
  tasks: DEPLOYED['sweep-cloud'].startedBy.everyMinutes,
  hosts: DEPLOYED['sweep-cloud'].startedBy.everyMinutes,
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
    alarms.add(`sweep of ${sweep} ends early`, {
      description: `The sweep of ${sweep} fails pass after pass. The log of its function says why.`,
      metric: alarms.sumOfValue('sweep_ended_early', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 2,
    });
    alarms.add(`sweep of ${sweep} silent`, {
      description: `The sweep of ${sweep} has not come to its end for long: what is lost is not found.`,
      metric: alarms.sumOfValue('sweep_completed', sweep, twoIntervals(everyMinutes)),
      threshold: 1,
      periods: 3,
      isBelow: true,
      missingIsBreaching: true,
    });
  }
  for (const sweep of METRICS.reconcile_alarm.values) {
    alarms.add(`sweep of ${sweep} stopped itself`, {
      description: `The sweep of ${sweep} wanted to remove suspiciously much and removed nothing: is the table the right one, and whole? See GET /reports/reconcile.`,
      // As long as pass after pass finds as much, it stays.
      metric: alarms.sumOfValue(
        'reconcile_alarm',
        sweep,
        sweep === 'volumes' ? DAY : twoIntervals(EVERY_MINUTES[sweep]),
      ),
      threshold: 1,
    });
  }
  alarms.add('volumes set aside', {
    description: 'Directories with files in them had no record and were set aside, untouched: somebody has to look whose they are.',
    metric: alarms.sumOfValue('reconcile_quarantined', 'volumes', DAY),
    threshold: 1,
  });
  alarms.add('sweeps fail', {
    description: 'The reconciler cannot put something right, hour after hour. See GET /reports/reconcile.',
    // One thing that fails is one in each pass, and some passes are an hour apart.
    metric: alarms.sumOf('reconcile_failed', twoIntervals(Math.max(...Object.values(EVERY_MINUTES)))),
    threshold: 1,
    periods: 2,
  });
}
