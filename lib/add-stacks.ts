import type { Construct } from 'constructs';
import { ApiStack } from './api-stack.ts';
import { ClusterStack } from './cluster-stack.ts';
import { DataStack } from './data-stack.ts';
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
  /** Absent if the installation has no gate. */
  readonly gateway?: GatewayStack;
}

/**
 * Adds the stacks of an installation to the app. Each stack uses only those before it.
 * @param bundles The folder with the bundles of the functions.
 */
export function addStacks(app: Construct, settings: StageSettings, bundles: string): Stacks {
  const network = new NetworkStack(app, settings);
  const data = new DataStack(app, settings, network.network);
  const cluster = new ClusterStack(app, settings, network.network);
  const api = new ApiStack(app, settings, { network: network.network, data, cluster, bundles });
  const monitoring = new MonitoringStack(app, settings, { network: network.network, data, cluster, api });
  const stacks = { network, data, cluster, api, monitoring };
  if (settings.gateway === 'none') return stacks;
  const gate = settings.gateway;
  const gateway = new GatewayStack(app, settings, { gate, network: network.network, data, cluster, api });
  return { ...stacks, gateway };
}
