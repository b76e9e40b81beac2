/** A terminal shows the seconds go by; a log gets a line this often, milliseconds. */
const TICK_MS = 1000;
const LOG_EVERY_MS = 20_000;

/** Says that something long goes on, until it has ended. */
export async function withProgress<T>(
  what: string,
  work: Promise<T>,
  output: NodeJS.WriteStream = process.stdout,
): Promise<T> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const show = (text: string) => output.write(output.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  show(`${what} …`);
  const timer = setInterval(() => show(`${what} … ${seconds()} s`), output.isTTY ? TICK_MS : LOG_EVERY_MS);
  try {
    const result = await work;
    show(`${what}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
    if (output.isTTY) output.write('\n');
  }
}
