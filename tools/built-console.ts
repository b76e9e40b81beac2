import { buildConsoleIfStale } from '#local/console/console-build.ts';

/** The console cannot be built. The message says what to do. */
export class ConsoleBuildError extends Error {}

/**
 * Builds the console for a deployment if its sources have changed since the last build.
 * @returns the folder of the built files
 * @throws ConsoleBuildError
 */
export async function builtConsole(): Promise<string> {
  try {
    return await buildConsoleIfStale();
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new ConsoleBuildError(
      `The console cannot be built (${reason}). \`npm run console:build\` shows the whole error. A stage with \`"console": "none"\` needs none.`,
      { cause: error },
    );
  }
}
