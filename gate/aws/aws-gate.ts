import type { Timers } from '#adapters/local/timers.ts';
import type { DeployedGateSettings } from '#contract/settings/gate-deployment-settings.ts';
import { type CloseOptions, Gate } from '#gate/gate.ts';
import { lookOf } from '#gate/pages/page-renderer.ts';
import type { GatePorts } from '#gate/ports.ts';
import type { SealKeys } from '#gate/session/seal.ts';
import { issuerMethodOf } from '#gate/sign-in/sign-in-method.ts';

export interface AwsGateOptions {
  readonly settings: DeployedGateSettings;
  readonly ports: GatePorts;
  /** Returns the keys of sessions. It caches them itself. */
  readonly sealKeys: () => Promise<SealKeys>;
  /** Returns the keys with which the controller asks whether the gate reaches a task. It caches them itself. */
  readonly probeKeys: (() => Promise<readonly string[]>) | undefined;
  /** The secret of the client at the issuer. Undefined for a public client, or without an issuer. */
  readonly clientSecret: string | undefined;
  readonly timers: Timers;
}

/** The load balancer appends the address of the browser to `X-Forwarded-For`. */
const TRUSTED_HOPS = 1;
/** A task can open 65,535 files, and a connection of a browser has one to the workbench. */
const CONNECTIONS_MAX = 20_000;
/**
 * Milliseconds. The load balancer closes an idle connection after 4,000 s. If the gate closed it first, a request that is
 * sent at that moment would get a 502.
 */
const KEEP_ALIVE_MS = 4_060_000;

/** How a task of the gate ends, within the 120 s that Fargate gives it at most. */
export const AWS_CLOSE: CloseOptions = {
  // Then the load balancer has seen two failed health checks.
  delayMs: 25_000,
  // So that not all browsers connect again at once.
  spreadMs: 20_000,
  graceMs: 60_000,
};

/** Builds the gate on AWS: sessions, a host for each workbench, behind a load balancer. */
export function createAwsGate(options: AwsGateOptions): Gate {
  const { settings, ports, sealKeys, probeKeys, clientSecret, timers } = options;
  const baseUrl = new URL(settings.BASE_URL);
  return new Gate(
    {
      access: {
        kind: 'sessions',
        method: issuerMethodOf(settings, clientSecret),
        keys: sealKeys,
        groupsMaxAgeMs: settings.WB_GROUPS_MAX_AGE_MINUTES * 60_000,
        frontendOrigins: settings.RESTAPI_CORS_ORIGIN.filter((origin) => origin !== '*'),
      },
      addressMode: 'host',
      baseUrl: () => baseUrl,
      look: lookOf(settings),
      probeKeys,
      organisationShares: settings.WB_ORGANISATION_SHARES === 'true',
      startsOnVisit: settings.WB_GATE_AUTO_START !== undefined,
      stopNotice: settings.WB_GATE_STOP_NOTICE === 'on',
      consoleUrl: settings.WB_GATE_CONSOLE_URL,
      trustedHops: TRUSTED_HOPS,
      keepAliveMs: KEEP_ALIVE_MS,
      connections: { max: CONNECTIONS_MAX, name: 'browsers' },
    },
    ports,
    timers,
  );
}
