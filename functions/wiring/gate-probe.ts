import { HttpGateProbe } from '#adapters/http-gate-probe.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { GateProbe } from '#core/ports/gate-probe.ts';
import type { runKeys } from './run-keys.ts';

/** Returns how the gate is asked at its public address. */
export function gateProbe(
  { BASE_URL }: DeployedSettingsFor<'BASE_URL'>,
  readKeys: ReturnType<typeof runKeys>,
): GateProbe {
  // Without keys there is no gate: it needs an API with keys, and these have the keys of runs.
  if (readKeys === undefined) return { probe: async () => ({ kind: 'unsupported' }) };
  const gate = new URL(BASE_URL);
  return new HttpGateProbe({ gate: () => ({ url: gate }), keys: readKeys, clock: systemClock });
}
