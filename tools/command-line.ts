import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Something stands in the way; the message is for whoever runs the tool, and says what to do. */
export class ToolError extends Error {}

/** The tool was called in a way that it does not know. */
export class UsageError extends Error {}

/** What a shell is told when a tool was called wrongly. */
const USAGE_EXIT_CODE = 2;

/**
 * Runs a tool: what stands in its way is printed without a stack and ends it with 1, a wrong call with 2.
 * @param expected further classes of errors whose message is for people
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
    if (![ToolError, ...expected].some((kind) => error instanceof kind)) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

/**
 * What these arguments say.
 * @throws UsageError for an option that there is not, or one without its value
 */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Its first sentence: the rest is about how it is programmed.
    throw new UsageError(text.split('. ')[0] ?? text);
  }
}
