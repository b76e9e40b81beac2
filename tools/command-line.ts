import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** An error that the user of a tool can correct. The message says how. */
export class ToolError extends Error {}

/** The arguments of the tool are invalid. */
export class UsageError extends Error {}

/** Exit code for invalid arguments. */
const USAGE_EXIT_CODE = 2;

/**
 * Runs a tool. Prints a ToolError without a stack trace and exits with 1; exits with 2 after a UsageError.
 * @param expected Further error classes that are handled like ToolError.
 */
export async function runTool(
  run: () => Promise<void>,
  expected: readonly (abstract new (...args: never) => Error)[] = [],
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nSee --help.`);
      process.exitCode = USAGE_EXIT_CODE;
      return;
    }
    if (![ToolError, ...expected].some((errorClass) => error instanceof errorClass)) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

/**
 * Parses command line options.
 * @throws UsageError For an unknown option, or an option without its value.
 */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Only the first sentence is about the arguments; the rest is about the API of parseArgs.
    throw new UsageError(text.split('. ')[0] ?? text);
  }
}
