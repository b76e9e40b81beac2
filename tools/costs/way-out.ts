import { newNetworkOf, type OwnNetwork } from '#lib/settings/network.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { synthesizeNetwork } from '../synthesize-stage.ts';
import { DEFAULTS } from './assumptions.ts';
import { idleBill } from './idle.ts';
import { costOf, totalUsd } from './prices.ts';

/** Costs of one way from workbenches to the internet. */
export interface WayOutCost {
  readonly egress: OwnNetwork['egress'];
  /** Undefined if the zones make no difference. */
  readonly egressZones: OwnNetwork['egressZones'] | undefined;
  /** USD of a month without use. */
  readonly idleUsd: number;
  /** USD of a GB to the internet, from the zone of the NAT. Undefined if another network is the way out. */
  readonly usdPerGb: number | undefined;
  /** The stage has this one. */
  readonly isChosen: boolean;
}

const VARIANTS: readonly Pick<WayOutCost, 'egress' | 'egressZones'>[] = [
  { egress: 'natGateways', egressZones: 'each' },
  { egress: 'natGateways', egressZones: 'one' },
  { egress: 'natInstance', egressZones: 'each' },
  { egress: 'natInstance', egressZones: 'one' },
  { egress: 'none', egressZones: undefined },
];

/** Returns the costs of each way out for a stage, or nothing if its VPC exists already. */
export async function wayOutCosts(settings: StageSettings): Promise<readonly WayOutCost[]> {
  if (settings.network.existing !== undefined) return [];
  const own = newNetworkOf(settings.network);
  const others = await idleOf(settings, { ...own, egress: 'none' });
  const costs: WayOutCost[] = [];
  for (const { egress, egressZones } of VARIANTS) {
    const variant = { ...own, egress, egressZones: egressZones ?? own.egressZones };
    costs.push({
      egress,
      egressZones,
      // Without what the network costs in any case, such as its logs.
      idleUsd: (await idleOf(settings, variant)) - others,
      usdPerGb: usdPerGb(egress),
      isChosen: own.egress === egress && (egressZones === undefined || own.egressZones === egressZones),
    });
  }
  return costs;
}

async function idleOf(settings: StageSettings, own: OwnNetwork): Promise<number> {
  const templates = await synthesizeNetwork({ ...settings, network: { ...settings.network, own } });
  return totalUsd(idleBill(templates, settings, DEFAULTS));
}

function usdPerGb(egress: OwnNetwork['egress']): number | undefined {
  if (egress === 'none') return undefined;
  return costOf('trafficOut', 1) + (egress === 'natGateways' ? costOf('natTraffic', 1) : 0);
}
