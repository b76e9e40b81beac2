import { CfnOutput, CrossStackReferences, Duration, ReferenceStrength } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import type { ApiStack } from './api-stack.ts';
import { errorCondition } from './constructs/alarm-rules.ts';
import { Alarms } from './constructs/alarms.ts';
import { addHistoryTrigger, ControllerFunction } from './constructs/controller-function.ts';
import { functionMetric } from './constructs/function-metric.ts';
import type { DataStack } from './data-stack.ts';
import { eventBusNameOf, functionNameOf } from './deployment-names.ts';
import { environmentFor } from './function-environment.ts';
import { publishEventsPermissions } from './permissions/publish-events.ts';
import type { EventBusSetting } from './settings/event-bus.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

export interface EventStackProps {
  readonly eventBus: Exclude<EventBusSetting, 'none'>;
  readonly data: DataStack;
  readonly api: ApiStack;
  /** The folder with the bundles of the functions. */
  readonly bundles: string;
}

const PUBLISH = 'publish-events' satisfies FunctionName;

const LONG = Duration.minutes(15);

/** Workbench events for other systems: the bus, and the function that publishes new history entries. */
export class EventStack extends WorkbenchStack {
  constructor(scope: Construct, settings: StageSettings, props: EventStackProps) {
    super(scope, 'events', settings, {
      description: 'Workbench controller: events for other systems',
      terminationProtection: settings.production,
    });
    // A weak reference to the stream could make every deployment replace the mapping, which then publishes the events of a day again.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const { installation } = settings;
    const { eventBus, data, api, bundles } = props;
    const bus = this.#createBus(eventBus, installation);
    const { streamArn } = data.records;
    const deployed = DEPLOYED[PUBLISH];
    const failedInvocations = api.queues.failedInvocations;
    const controllerFunction = new ControllerFunction(this, PUBLISH, {
      name: PUBLISH,
      deployed,
      installation,
      bundles,
      environment: environmentFor(deployed.reads, { WB_EVENT_BUS: bus.eventBusName }),
      permissions: publishEventsPermissions(streamArn, bus.eventBusArn, failedInvocations.queueArn),
      logRetention: settings.logs.retentionDays,
    });
    addHistoryTrigger(controllerFunction, deployed.startedBy, {
      lambda: controllerFunction.lambda,
      streamArn,
      failedInvocations,
    });
    this.#addAlarms(new Alarms(this, 'Alarms', { topic: api.alarmTopic, installation }), installation);
    new CfnOutput(this, 'EventBus', {
      description: 'Bus with the events of workbenches',
      value: bus.eventBusArn,
    });
  }

  #createBus(
    eventBus: EventStackProps['eventBus'],
    installation: string,
  ): Pick<IEventBus, 'eventBusName' | 'eventBusArn'> {
    if (eventBus === 'default') return EventBus.fromEventBusName(this, 'Bus', 'default');
    return new EventBus(this, 'Bus', {
      eventBusName: eventBusNameOf(installation),
      description: 'Events of workbenches',
    });
  }

  #addAlarms(alarms: Alarms, installation: string): void {
    const functionName = functionNameOf(installation, PUBLISH);
    const metric = (name: Parameters<typeof functionMetric>[1], statistic: string, period: Duration) =>
      functionMetric(functionName, name, { statistic, period });
    alarms.add(`${PUBLISH} errors`, {
      description: `The function ${PUBLISH} returns errors or times out. See its log.`,
      ...errorCondition(PUBLISH, (period) => metric('Errors', 'Sum', period)),
    });
    alarms.add('events delayed', {
      description:
        'Workbench events have been waiting for a quarter of an hour. After 23 hours they are lost. See the log of publish-events.',
      metric: metric('IteratorAge', 'Maximum', Duration.minutes(5)),
      threshold: LONG.toMilliseconds(),
      periods: 1,
    });
    alarms.add('events dropped', {
      description: 'The bus never accepts some workbench events. The log of publish-events has their ids.',
      metric: alarms.sumOf('event_dropped', LONG),
      threshold: 1,
      periods: 1,
    });
  }
}
