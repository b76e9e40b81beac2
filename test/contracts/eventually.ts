/**
 * Waits for a condition by letting time pass in small steps: real time for real adapters, a clock moved by
 * hand for simulated ones. Bounded: fails after `STEPS_MAX`.
 */
const STEPS_MAX = 2000;

export async function eventually<T>(
  pass: () => Promise<void>,
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    await pass();
  }
  throw new Error(`did not happen: ${what}`);
}

/** One step of real time: 10 ms. */
export function waitRealStep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
