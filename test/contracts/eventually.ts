/**
 * Waits for a condition while time passes in small steps: real time for real adapters, a manual clock for simulated
 * ones. Fails after `STEPS_MAX` steps, which take minutes: a busy computer is slow, and only a test that hangs fails.
 */
const STEPS_MAX = 30_000;

export async function eventually<T>(
  pass: () => Promise<void>,
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    await pass();
  }
  throw new Error(`did not happen: ${what}`);
}

/** One step of real time: 10 ms. */
export function waitRealStep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
