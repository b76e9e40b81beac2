import type { Construct } from 'constructs';
import { DEPLOYED, type DeployedFunction, type FunctionName } from '#contract/deployed-functions.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClusterStack } from './cluster-stack.ts';
import { addAlarms } from './constructs/alarm-rules.ts';
import { Alarms } from './constructs/alarms.ts';
import type { Network } from './constructs/network.ts';
import { OperationsDashboard } from './constructs/operations-dashboard.ts';
import type { DataStack } from './data-stack.ts';
import { functionNameOf } from './deployment-names.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

export interface MonitoringStackProps {
  readonly network: Network;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly api: ApiStack;
}

/** Runs every minute, so that its absence shows that the reconciler does not run. */
const HEARTBEAT: FunctionName = 'sweep-due';

/**
 * The alarms and the dashboard of the controller. The stack `api` would exceed the 500 resources that a stack can have. The
 * topic of the alarms is in `api`, so that an update of an installation moves no topic with confirmed subscriptions.
 */
export class MonitoringStack extends WorkbenchStack {
  constructor(scope: Construct, settings: StageSettings, props: MonitoringStackProps) {
    super(scope, 'monitoring', settings, {
      description: 'Workbench controller: alarms and dashboard',
      terminationProtection: settings.production,
    });
    const { network, data, cluster, api } = props;
    // An update of an older installation deletes the alarms of `api` before this stack creates those of the same names.
    this.addStackDependency(api, 'Its functions and queues are monitored.');
    const { installation } = settings;
    // By their fixed names: references would be one output of `api` for each function, and a stack can have 200.
    const functions = new Map(
      [...api.functions.keys()].map((name) => [name, functionNameOf(installation, name)]),
    );
    const monitored = {
      api: api.http,
      queues: api.queues,
      table: data.records.table,
      cluster: cluster.clusterName,
      workbenchLogs: cluster.workbenchLogs.logGroupName,
      fileSystemIds: data.files.fileSystems.map(({ fileSystem }) => fileSystem.fileSystemId),
      wayOut: network.wayOut,
    };
    const alarms = new Alarms(this, 'Alarms', { topic: api.alarmTopic, installation });
    addAlarms(alarms, {
      ...monitored,
      settings,
      backgroundFunctions: new Map([...functions].filter(([name]) => !isRoute(name))),
      heartbeat: functionNameOf(installation, HEARTBEAT),
      providers: cluster.capacityProviders.map(({ providerName }) => providerName),
    });
    new OperationsDashboard(this, 'Operations', {
      ...monitored,
      installation,
      alarms: alarms.all,
      functions,
      groups: cluster.capacityProviders.map(({ providerName, group }) => ({ provider: providerName, group })),
    });
  }
}

function isRoute(name: string): boolean {
  const deployed: Readonly<Record<string, DeployedFunction>> = DEPLOYED;
  return deployed[name]?.startedBy.by === 'route';
}
