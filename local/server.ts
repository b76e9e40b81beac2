import { HttpGateProbe } from '#adapters/http-gate-probe.ts';
import { limitConnections, MAX_API_CONNECTIONS } from '#adapters/http-server/connection-limit.ts';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { type OriginGuard, originsOf } from '#adapters/http-server/origin-guard.ts';
import { LOCAL_MACHINE_ID } from '#adapters/local/local-machine.ts';
import { isNoSpace } from '#adapters/local/no-space.ts';
import { settlesWithin, systemTimers } from '#adapters/local/timers.ts';
import { RandomIds } from '#adapters/random-ids.ts';
import { runTokenOf } from '#adapters/run-token.ts';
import { consoleConfigOf } from '#contract/console-config.ts';
import { issuerOriginsOf } from '#contract/console-headers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { build as buildAuthorizer } from '#functions/authorizer/authorizer.ts';
import { responseValidUntil } from '#functions/authorizer/credentials.ts';
import { build as buildDrive } from '#functions/drive/drive-batch.ts';
import { version } from '#functions/version.ts';
import type { LocalGateSettings } from '#gate/ipc/messages.ts';
import { lookOf } from '#gate/pages/page-renderer.ts';
import { issuerMethodOf, type SignInMethod } from '#gate/sign-in/sign-in-method.ts';
import { WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { ConsoleFiles } from './console/console-files.ts';
import { openData } from './data.ts';
import { unusableFolder } from './data-folder.ts';
import { DiskSpace } from './disk-space.ts';
import { apiCommands } from './gate-commands.ts';
import { GateProcess } from './gate-process.ts';
import { GateRequests } from './gate-requests.ts';
import { createGateway, type GatewayOptions, type GatewayRoute } from './gateway/gateway.ts';
import { buildRoutes, type LocalPorts } from './handlers.ts';
import { openInfrastructure } from './infrastructure.ts';
import { deliverAsMessage, LocalQueue } from './queue.ts';
import type { Runtime } from './runtime-port.ts';
import { LocalSweepStarter, startSchedules } from './schedules.ts';
import { openGateKeys, openLocalToken, openRunKey } from './secret-files.ts';
import type { LocalSettings } from './settings.ts';
import { RESPONSE_DRAIN_TIMEOUT_MS, Shutdown, WORK_DRAIN_TIMEOUT_MS } from './shutdown.ts';
import { openVolumeLimits } from './volume-limits.ts';
import { VolumeSpace } from './volume-space.ts';
import { listenOnWorkbenchPort } from './workbench-port.ts';
import { yieldToRequests } from './yield-to-requests.ts';

export interface ApiAddress {
  /** The address of the API with its prefix: `http://127.0.0.1:8999`. */
  readonly url: string;
  /** Whether requests need a token. */
  readonly authorized: boolean;
}

export interface RunningServer {
  readonly api: ApiAddress;
  /** The address of the console. Undefined: its files were not built. */
  readonly consoleUrl: string | undefined;
  /** The origin of the workbenches. */
  readonly baseUrl: string;
  /** The address of a workbench, with `<workbench_id>` for its id. */
  readonly workbenchUrl: string;
  /** The secret of WB_LOCAL_TOKEN, for the banner. Undefined without this setting. */
  readonly token: string | undefined;
  /** How users sign in at the gate. Undefined: it lets in everybody who reaches it. */
  readonly signIn: SignInMethod | undefined;
  /** The local port of the gate. */
  readonly workbenchPort: number;
  /** The process id of the gate; undefined between its end and its restart. */
  readonly gatePid: () => number | undefined;
  /** Lines about the records and the runtime for the banner. */
  readonly summary: Runtime['summary'];
  /**
   * Accepts no more requests, ends all workbenches, records that they are stopped, and closes the data. Takes at
   * most the grace period of the workbenches and some seconds.
   */
  close(): Promise<void>;
}

/**
 * Starts the server. The records are opened first, because the lock of their folder detects a second server before that has an effect.
 * Then come the infrastructure, which recovers the tasks of an earlier server, and the two ports.
 * @param consoleFolder the built files of the console. Undefined: the server has no console
 * @throws StartError for an error that the user can correct; everything that was opened is closed before
 */
export async function startServer(
  settings: LocalSettings,
  runtime: Runtime,
  telemetry: Telemetry,
  consoleFolder?: string,
): Promise<RunningServer> {
  const shutdown = new Shutdown();
  try {
    return await open(settings, runtime, telemetry, shutdown, consoleFolder);
  } catch (error) {
    await shutdown.run().catch(() => {});
    const hasNoSpace = isNoSpace(error) || (error instanceof PortError && error.kind === 'no_space');
    throw hasNoSpace ? unusableFolder(settings.dataDir, error) : error;
  }
}

async function open(
  settings: LocalSettings,
  runtime: Runtime,
  telemetry: Telemetry,
  shutdown: Shutdown,
  consoleFolder: string | undefined,
): Promise<RunningServer> {
  const timers = systemTimers;
  const { bindAddress } = settings;
  const name = displayHostname(settings);
  const data = await openData(settings, telemetry, shutdown);
  const token =
    settings.localToken === undefined
      ? undefined
      : await openLocalToken(settings.dataDir, settings.localToken);
  const signIn = signInMethod(settings.gate, settings.functions, token);
  const disk = new DiskSpace({ dataDir: settings.dataDir, timers, telemetry });
  shutdown.add(() => disk.stop());
  await disk.start();
  const queue = new LocalQueue({ timers, telemetry, deliver: (key) => drive(key) });
  shutdown.add(async () => {
    await settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, queue.idle());
    await settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, queue.close());
  });
  const addresses = new WorkbenchAddresses(settings.addressMode, () => new URL(baseUrl));
  const limits = await openVolumeLimits(settings, process.env.PATH);
  const runKey = await openRunKey(settings.dataDir);
  let apiUrl: string | undefined;
  const infrastructure = await openInfrastructure({ ...settings, limits }, runtime, telemetry, shutdown, {
    baseUrl: (workbenchId) => addresses.urlOf(workbenchId),
    activity: (run) =>
      apiUrl === undefined
        ? undefined
        : { url: `${apiUrl}/workbenches/${run.workbenchId}/activity`, token: runTokenOf(runKey, run) },
  });
  const { machines, volumes } = infrastructure;
  const folders = new VolumeSpace({ machines, volumes, timers, telemetry });
  shutdown.add(() => folders.stop());
  if (limits !== undefined) folders.start();

  machines.draining = (await data.drains.list()).some(({ machineId }) => machineId === LOCAL_MACHINE_ID);

  const gateRequests = new GateRequests(data, telemetry);
  const gate = new GateProcess({
    settings: {
      ...gateSettings(settings, { probeKey: runKey, hasConsole: consoleFolder !== undefined }),
      ...(await signInSettings(settings, signIn, timers.now())),
    },
    requests: gateRequests,
    timers,
    telemetry,
  });
  shutdown.add(() => gate.close(RESPONSE_DRAIN_TIMEOUT_MS));
  const workbenchPort = await listenOnWorkbenchPort((port) => gate.listen(port), settings, timers);
  const baseUrl = settings.baseUrl ?? `http://${name}:${workbenchPort}`;

  const sweeps = new LocalSweepStarter();
  const ports: LocalPorts = {
    ...data,
    sweeps,
    ...infrastructure,
    gate: new HttpGateProbe({
      gate: () => ({ url: new URL(`http://127.0.0.1:${workbenchPort}`), host: new URL(baseUrl).host }),
      keys: async () => [runKey],
      clock: timers,
    }),
    queue,
    telemetry,
    clock: timers,
    ids: new RandomIds(),
    warning: (workbenchId) => folders.warning(workbenchId) ?? disk.warning(),
    runKeys: [runKey],
  };
  const functions: Settings = {
    ...settings.functions,
    ...(token === undefined ? {} : { RESTAPI_AUTH_STATIC_KEY: token }),
    // Only a gate that asks for sessions takes tickets.
    WB_GATE: signIn && settings.addressMode,
    BASE_URL: baseUrl,
  };
  const drive = deliverAsMessage(buildDrive(ports, functions));
  infrastructure.connect(ports, functions);

  const routes = buildRoutes(ports, functions);
  gateRequests.setCommands(apiCommands(routes, timers));
  const files =
    consoleFolder === undefined ? undefined : await readConsoleFiles(consoleFolder, functions, settings);
  const gateway = createGateway({
    ...gatewayOptions(routes, ports, functions, settings),
    ...(files === undefined ? {} : { files }),
  });
  yieldToRequests(gateway, queue);
  limitConnections(gateway, { max: MAX_API_CONNECTIONS, name: 'API', timers, telemetry });
  const port = await listen(gateway, bindAddress, settings.port, 'PORT');
  shutdown.add(() => closeServer(gateway, RESPONSE_DRAIN_TIMEOUT_MS));
  apiUrl = `http://${name}:${port}${functions.RESTAPI_URL_PREFIX ?? ''}`;
  const api: ApiAddress = {
    url: apiUrl,
    authorized: functions.RESTAPI_AUTH !== 'none',
  };

  shutdown.add(startSchedules(ports, functions, data, timers, sweeps));
  return {
    api,
    consoleUrl: files && `http://${name}:${port}/`,
    baseUrl,
    workbenchPort,
    gatePid: () => gate.pid,
    workbenchUrl: addresses.urlOf('<workbench_id>'),
    token,
    signIn,
    summary: [...data.summary, ...runtime.summary],
    close: () => shutdown.run(),
  };
}

function gatewayOptions(
  routes: readonly GatewayRoute[],
  ports: LocalPorts,
  functions: Settings,
  { hosts }: LocalSettings,
): GatewayOptions {
  const { RESTAPI_AUTH, RESTAPI_URL_PREFIX: prefix = '', RESTAPI_CORS_ORIGIN: corsOrigins } = functions;
  const authorizer = {
    authorize: buildAuthorizer(ports, functions, { runKeys: async () => ports.runKeys ?? [] }),
    ttlSeconds: functions.RESTAPI_AUTH_CACHE_SECONDS,
    validUntil: responseValidUntil,
  };
  return {
    routes,
    ...(RESTAPI_AUTH === 'none' ? {} : { authorizer }),
    prefix,
    corsOrigins,
    guard: { hosts, origins: corsOrigins },
    timers: systemTimers,
    telemetry: ports.telemetry,
  };
}

async function readConsoleFiles(
  folder: string,
  functions: Settings,
  { console }: LocalSettings,
): Promise<ConsoleFiles> {
  const config = consoleConfigOf({ ...functions, ...console }, version);
  const origins = issuerOriginsOf(config.issuer?.url, console.WB_CONSOLE_ISSUER_ORIGINS);
  return await ConsoleFiles.read(folder, config, origins);
}

/** Returns the host name for printed addresses. */
function displayHostname({ bindAddress, hosts: [first] }: LocalSettings): string {
  return bindAddress === '127.0.0.1' || first === undefined ? '127.0.0.1' : first.replace(/:\d+$/, '');
}

function gateSettings(
  settings: LocalSettings,
  { probeKey, hasConsole }: { readonly probeKey: string; readonly hasConsole: boolean },
): LocalGateSettings {
  const { bindAddress, baseUrl, addressMode, workbenchPort } = settings;
  const hostname = displayHostname(settings);
  // With PORT=0 the gate starts before the port is known.
  const ownConsole = hasConsole && settings.port !== 0 ? `http://${hostname}:${settings.port}/` : undefined;
  const consoleUrl = settings.gate.WB_GATE_CONSOLE_URL ?? ownConsole;
  const fixed = baseUrl ?? (workbenchPort === 0 ? undefined : `http://${hostname}:${workbenchPort}`);
  return {
    bindAddress,
    hostname,
    ...(fixed === undefined ? {} : { baseUrl: fixed }),
    addressMode,
    guard: workbenchGuard(settings),
    look: lookOf(settings.gate),
    probeKey,
    organisationShares: settings.functions.WB_ORGANISATION_SHARES === 'true',
    startsOnVisit: settings.gate.WB_GATE_AUTO_START !== undefined,
    stopNotice: settings.gate.WB_GATE_STOP_NOTICE === 'on',
    ...(consoleUrl === undefined ? {} : { consoleUrl }),
    ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
  };
}

/** Returns how users sign in at the gate; without a sign-in it is open, as the API of a computer without a key. */
async function signInSettings(
  settings: LocalSettings,
  method: SignInMethod | undefined,
  now: number,
): Promise<Pick<LocalGateSettings, 'signIn'>> {
  if (method === undefined) return {};
  const { functions, dataDir } = settings;
  const keys = await openGateKeys(dataDir, now);
  const frontendOrigins = [
    ...functions.RESTAPI_CORS_ORIGIN.filter((origin) => origin !== '*'),
    ...listConsoleOrigins(settings),
  ];
  const groupsMaxAgeMs = functions.WB_GROUPS_MAX_AGE_MINUTES * 60_000;
  return { signIn: { method, keys, groupsMaxAgeMs, frontendOrigins } };
}

/** With PORT=0 the gate starts before the port is known: it then asks for a click before it takes a ticket of the console. */
function listConsoleOrigins({ port, hosts }: LocalSettings): readonly string[] {
  if (port === 0) return [];
  return ['127.0.0.1', 'localhost', '[::1]', ...hosts.map((host) => host.replace(/:\d+$/, ''))].flatMap(
    (host) => originsOf(`${host}:${port}`),
  );
}

function signInMethod(
  gate: LocalSettings['gate'],
  functions: LocalSettings['functions'],
  token: string | undefined,
): SignInMethod | undefined {
  if (token !== undefined) return { kind: 'secret', secret: token };
  return issuerMethodOf({ ...functions, ...gate }, gate.WB_GATE_CLIENT_SECRET);
}

/**
 * The host and the origin of BASE_URL are allowed without being listed in WB_LOCAL_HOSTNAMES: a proxy in front of this
 * server may forward another Host header than the browser sent.
 */
function workbenchGuard({ hosts, baseUrl, addressMode }: LocalSettings): OriginGuard {
  if (baseUrl === undefined) return { hosts, origins: [] };
  const { host, origin } = new URL(baseUrl);
  // On hosts of their own, workbenches may not be reached by pages of the shared one.
  return { hosts: [...hosts, host], origins: addressMode === 'host' ? [] : [origin] };
}
