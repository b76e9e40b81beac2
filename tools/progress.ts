/** Interval of updates on a terminal. */
const TICK_MS = 1000;
/** Interval of lines in a log. */
const LOG_INTERVAL_MS = 20_000;

/** Shows the elapsed time until the work has finished. */
export async function withProgress<T>(
  title: string,
  work: Promise<T>,
  output: NodeJS.WriteStream = process.stdout,
): Promise<T> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  const show = (text: string) => output.write(output.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  show(`${title} …`);
  const timer = setInterval(
    () => show(`${title} … ${seconds()} s`),
    output.isTTY ? TICK_MS : LOG_INTERVAL_MS,
  );
  try {
    const result = await work;
    show(`${title}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
    if (output.isTTY) output.write('\n');
  }
}
