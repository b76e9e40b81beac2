import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

/**
 * A human-readable log on stderr: time, level (if not info), message, fields. Metrics are summed in memory.
 */
export class LocalTelemetry implements Telemetry {
  readonly #write: (line: string) => void;
  readonly #now: () => Date;
  readonly counts = new Map<string, number>();

  constructor(
    write: (line: string) => void = (line) => void process.stderr.write(line),
    now: () => Date = () => new Date(),
  ) {
    this.#write = write;
    this.#now = now;
  }

  info(message: string, fields: TelemetryFields = {}): void {
    this.#log('', message, fields);
  }

  warn(message: string, fields: TelemetryFields = {}): void {
    this.#log('WARNING ', message, fields);
  }

  error(message: string, fields: TelemetryFields = {}, cause?: unknown): void {
    this.#log('ERROR ', message, fields, cause);
  }

  count(metric: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
    const name = [metric, ...Object.values(dimensions)].join('.');
    this.counts.set(name, (this.counts.get(name) ?? 0) + value);
  }

  #log(level: string, message: string, fields: TelemetryFields, cause?: unknown): void {
    const texts = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [` ${name}=${formatField(value)}`],
    );
    const time = this.#now().toTimeString().slice(0, 8);
    try {
      this.#write(`${time} ${level}${toOneLine(message)}${texts.join('')}${formatCause(cause)}\n`);
    } catch {
      // stderr is closed.
    }
  }
}

function formatField(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return /^[\w./:@-]+$/.test(value) ? value : toOneLine(JSON.stringify(value));
}

/** Replaces control characters, so that user input can neither begin a new line nor control the terminal. */
function toOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

function formatCause(cause: unknown): string {
  if (cause === undefined) return '';
  if (!(cause instanceof Error)) return `\n    ${toOneLine(String(cause))}`;
  const lines = (cause.stack ?? String(cause)).split('\n').slice(0, 8);
  return lines.map((line) => `\n    ${toOneLine(line.trim())}`).join('') + formatCause(cause.cause);
}
