import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarms } from './alarms.ts';
import { loadBalancerMetric, type MonitoredGate, serviceMetric, targetMetric } from './gate-metrics.ts';

const MINUTE = Duration.minutes(1);
const SHORT = Duration.minutes(5);

/** Percent. The tasks are at their maximum, or their memory is too small. */
const USAGE_MAX = 85;

/** Adds the alarms of the gate. docs/operations.md says what to do about each. */
export function addGateAlarms(alarms: Alarms, gate: MonitoredGate): void {
  alarms.add('gate without healthy tasks', {
    description:
      'No task of the gate is healthy: no browser reaches a workbench. See the events of the service.',
    metric: targetMetric(gate, 'HealthyHostCount', { period: MINUTE, statistic: Stats.MAXIMUM }),
    threshold: 1,
    periods: 2,
    isBelow: true,
    missingIsBreaching: true,
  });
  alarms.add('gate tasks missing', {
    description: `Fewer than ${gate.tasks} tasks of the gate have been healthy for 15 minutes: ECS cannot start them, or they fail.`,
    metric: targetMetric(gate, 'HealthyHostCount', { period: SHORT, statistic: Stats.MAXIMUM }),
    threshold: gate.tasks,
    periods: 3,
    isBelow: true,
  });
  alarms.add('gate tasks unhealthy', {
    description:
      'A task of the gate has failed its health check for 15 minutes: it cannot read the table, or does not respond.',
    metric: targetMetric(gate, 'UnHealthyHostCount', { period: SHORT, statistic: Stats.MINIMUM }),
    threshold: 1,
    periods: 3,
  });
  alarms.add('gate 5xx errors', {
    description:
      'The load balancer responds with 5xx itself: tasks of the gate refuse or end connections. Responses of workbenches do not count.',
    metric: loadBalancerMetric(gate, 'HTTPCode_ELB_5XX_Count', { period: SHORT }),
    threshold: 10,
    periods: 2,
  });
  alarms.add('gate keys unreadable', {
    description:
      'The gate cannot read the keys of sessions or of the API, or they are invalid. It uses the last ones for an hour.',
    metric: alarms.sumOf('gate_keys_unreadable', SHORT),
    threshold: 1,
    periods: 2,
  });
  // Users, and the cookies of their browsers, cause the other reasons.
  for (const [name, reason, description] of [
    [
      'issuer unavailable',
      'unavailable',
      'Users cannot sign in: the issuer does not respond, or responds with errors. Sessions continue.',
    ],
    [
      'issuer refuses the gate',
      'misconfigured',
      'Users cannot sign in: the issuer does not accept the client of the gate. Check its settings and secret.',
    ],
    [
      'user claim missing',
      'claim_missing',
      'Users cannot sign in: their ID tokens do not contain the claim that names the user.',
    ],
  ] as const) {
    alarms.add(name, {
      description,
      metric: alarms.sumOfValue('sign_in_failed', reason, SHORT),
      threshold: 3,
      periods: 2,
    });
  }
  for (const [name, metric] of [
    ['CPU', 'CPUUtilization'],
    ['memory', 'MemoryUtilization'],
  ] as const) {
    alarms.add(`gate ${name} high`, {
      description: `The tasks of the gate use more than ${USAGE_MAX} % of their ${name}. Raise \`gateway.maxTasks\`, or their size.`,
      metric: serviceMetric(gate, metric, { period: SHORT, statistic: Stats.AVERAGE }),
      threshold: USAGE_MAX,
      periods: 3,
    });
  }
}
