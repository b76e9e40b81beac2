import type { Construct } from 'constructs';
import { ApiStack } from './api-stack.ts';
import { AuditStack } from './audit-stack.ts';
import { ClusterStack } from './cluster-stack.ts';
import { ConsoleStack } from './console-stack.ts';
import { DataStack } from './data-stack.ts';
import { EventStack } from './event-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import { MonitoringStack } from './monitoring-stack.ts';
import { NetworkStack } from './network-stack.ts';
import type { StageSettings } from './settings/stage.ts';

export interface Stacks {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly api: ApiStack;
  readonly monitoring: MonitoringStack;
  /** Absent if the installation does not export its audit. */
  readonly audit?: AuditStack;
  /** Absent if the installation publishes no events. */
  readonly events?: EventStack;
  /** Absent if the installation has no gate. */
  readonly gateway?: GatewayStack;
  /** Absent if the installation has no console. */
  readonly console?: ConsoleStack;
}

/**
 * Adds the stacks of an installation to the app. Each stack uses only those before it.
 * @param bundles The folder with the bundles of the functions.
 * @param consoleFolder The built files of the console. Required if the installation has one.
 */
export function addStacks(
  app: Construct,
  settings: StageSettings,
  bundles: string,
  consoleFolder?: string,
): Stacks {
  const network = new NetworkStack(app, settings);
  const data = new DataStack(app, settings, network.network);
  const cluster = new ClusterStack(app, settings, network.network);
  const api = new ApiStack(app, settings, { network: network.network, data, cluster, bundles });
  const monitoring = new MonitoringStack(app, settings, { network: network.network, data, cluster, api });
  const { auditExport, eventBus, gateway: gate, console } = settings;
  return {
    ...{ network, data, cluster, api, monitoring },
    ...(auditExport === 'none'
      ? {}
      : { audit: new AuditStack(app, settings, { auditExport, data, api, bundles }) }),
    ...(eventBus === 'none'
      ? {}
      : { events: new EventStack(app, settings, { eventBus, data, api, bundles }) }),
    ...(gate === 'none'
      ? {}
      : {
          gateway: new GatewayStack(app, settings, { gate, network: network.network, data, cluster, api }),
        }),
    ...(console === 'none'
      ? {}
      : { console: new ConsoleStack(app, settings, { console, api, folder: consoleFolder }) }),
  };
}
