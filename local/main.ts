import { StartError } from '#adapters/http-server/listen.ts';
import { RequestFaults } from '#adapters/http-server/request-faults.ts';
import { LocalTelemetry } from '#adapters/local/local-telemetry.ts';
import { IdeNotFound } from '#adapters/local/processes/command.ts';
import { SettingsError } from '#contract/settings/setting.ts';
import { version } from '#functions/version.ts';
import { banner } from './banner.ts';
import { buildConsoleIfStale } from './console/console-build.ts';
import { readEnvironment } from './environment.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { chooseRuntime } from './runtime.ts';
import { startServer } from './server.ts';
import { readLocalSettings } from './settings.ts';

/** Under npm, Ctrl-C sends two signals, from the terminal and from npm. Within this time they count as one. */
const SIGNAL_DEBOUNCE_MS = 1000;

/** `npm start`. Exits with 0 after a signal and with 1 after an error. */
export async function main(): Promise<void> {
  const telemetry = new LocalTelemetry();
  const { left } = closeInheritedDescriptors();
  if (left.length > 0) {
    telemetry.warn('inherited descriptors are left open and reach every workbench', {
      descriptors: left.join(', '),
    });
  }
  // A closed pipe, as in `npm start | head`, must not end the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let stop = async (exitCode: number): Promise<never> => process.exit(exitCode);
  let signalledAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (signalledAt !== undefined) {
      if (now - signalledAt > SIGNAL_DEBOUNCE_MS) process.exit(1);
      return;
    }
    signalledAt = now;
    process.stderr.write(`\n${signal}: ending all workbenches, then the server. Repeat to exit at once.\n`);
    void stop(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const onFailure = (error: unknown) => {
    telemetry.error('the server failed and is shutting down', {}, error);
    void stop(1);
  };
  const faults = new RequestFaults(telemetry);
  const onUncaught = (error: unknown) => {
    if (!faults.contain(error)) onFailure(error);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);

  try {
    const environment = readEnvironment(process.cwd(), process.env);
    const settings = readLocalSettings(environment);
    const runtime = await chooseRuntime(settings, process.env.PATH);
    const consoleFolder = await buildConsoleIfStale().catch((error: unknown) => {
      // The API works without it, for example where only the packages of production are installed.
      telemetry.warn('the console cannot be built and is not served', { error: firstLineOf(error) });
      return undefined;
    });
    const server = await startServer(settings, runtime, telemetry, consoleFolder);
    stop = async (exitCode) => {
      await server.close().catch((error: unknown) => telemetry.error('shutdown was incomplete', {}, error));
      process.exit(exitCode);
    };
    const exposed = settings.bindAddress !== '127.0.0.1';
    process.stdout.write(banner(server, { version, dataDir: settings.dataDir, exposed }));
  } catch (error) {
    const isExplained = [SettingsError, StartError, IdeNotFound].some((type) => error instanceof type);
    if (!isExplained || !(error instanceof Error)) return onFailure(error);
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function firstLineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.includes('Error')) ?? text.split('\n')[0] ?? '';
}
