import { MAX_WORKBENCH_CONNECTIONS } from '#adapters/http-server/connection-limit.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { RunningWorkbenches } from '#gate/forward-auth/running-workbenches.ts';
import { type AccessMethod, Gate } from '#gate/gate.ts';
import type { GatePorts } from '#gate/ports.ts';
import { createSealKeys } from '#gate/session/seal.ts';
import type { LocalGateSettings } from './messages.ts';

export interface LocalGateOptions {
  readonly settings: LocalGateSettings;
  readonly ports: GatePorts;
  readonly running: RunningWorkbenches;
  /** Returns the public URL of the host that all workbenches share. */
  readonly baseUrl: () => URL;
  readonly timers: Timers;
}

/** Builds the gate of local mode. */
export function createLocalGate({ settings, ports, running, baseUrl, timers }: LocalGateOptions): Gate {
  const { probeKey, proxy } = settings;
  return new Gate(
    {
      access: accessOf(settings),
      addressMode: settings.addressMode,
      baseUrl,
      look: settings.look,
      ...(probeKey === undefined ? {} : { probeKeys: async () => [probeKey] }),
      organisationShares: settings.organisationShares,
      startsOnVisit: settings.startsOnVisit,
      stopNotice: settings.stopNotice,
      consoleUrl: settings.consoleUrl,
      // The proxy appends the address of the browser to `X-Forwarded-For`.
      ...(proxy === undefined ? {} : { trustedHops: 1, proxy: { ...proxy, running } }),
      connections: { max: MAX_WORKBENCH_CONNECTIONS, name: 'workbenches' },
    },
    ports,
    timers,
  );
}

function accessOf({ signIn, guard }: LocalGateSettings): AccessMethod {
  if (signIn === undefined) return { kind: 'open', guard };
  const keys = createSealKeys(signIn.keys.current, signIn.keys.previous);
  const { method, frontendOrigins, groupsMaxAgeMs } = signIn;
  return { kind: 'sessions', method, keys: async () => keys, groupsMaxAgeMs, frontendOrigins };
}
