import { IdeNotFound } from '#adapters/local/processes/command.ts';
import { SettingsError } from '#contract/settings/setting.ts';
import { version } from '#functions/version.ts';
import { banner } from './banner.ts';
import { readEnvironment } from './environment.ts';
import { StartError } from './listen.ts';
import { chooseRuntime } from './runtime.ts';
import { startServer } from './server.ts';
import { readLocalSettings } from './settings.ts';
import { LocalTelemetry } from './telemetry.ts';

/** A terminal's Ctrl-C reaches us twice under npm, from the terminal and from npm: within this time it is one. */
const SIGNAL_DEBOUNCE_MS = 1000;

/** `npm start`. Ends the process by itself only with an exit code that says why. */
export async function main(): Promise<void> {
  const telemetry = new LocalTelemetry();
  // `npm start | head` must not end the server by a write that nobody reads.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let stop = async (exitCode: number): Promise<never> => process.exit(exitCode);
  let signalledAt: number | undefined;
  const signalled = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (signalledAt !== undefined) {
      if (now - signalledAt > SIGNAL_DEBOUNCE_MS) process.exit(1);
      return;
    }
    signalledAt = now;
    process.stderr.write(
      `\n${signal}: ending every workbench, then the server. Once more ends it at once.\n`,
    );
    void stop(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, signalled);
  const failed = (error: unknown) => {
    telemetry.error('the server failed and is shutting down', {}, error);
    void stop(1);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);

  try {
    const environment = readEnvironment(process.cwd(), process.env);
    const settings = readLocalSettings(environment);
    const runtime = await chooseRuntime(settings, process.env.PATH);
    const server = await startServer(settings, runtime, telemetry);
    stop = async (exitCode) => {
      await server.close().catch((error: unknown) => telemetry.error('shutdown was incomplete', {}, error));
      process.exit(exitCode);
    };
    const exposed = settings.bindAddress !== '127.0.0.1';
    process.stdout.write(banner(server, { version, dataDir: settings.dataDir, exposed }));
  } catch (error) {
    const explained = [SettingsError, StartError, IdeNotFound].some((kind) => error instanceof kind);
    if (!explained || !(error instanceof Error)) return failed(error);
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
