import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

/** Everything that is logged, with the errors and their causes, as one text. */
export class LogRecorder implements Telemetry {
  text = '';
  errors: string[] = [];

  info(message: string, fields: TelemetryFields = {}): void {
    this.#add(message, fields);
  }

  warn(message: string, fields: TelemetryFields = {}): void {
    this.#add(message, fields);
  }

  error(message: string, fields: TelemetryFields = {}, error?: unknown): void {
    this.errors.push(`${message}: ${String(error)}`);
    this.#add(message, fields, error);
  }

  count(): void {}

  #add(message: string, fields: TelemetryFields, error?: unknown): void {
    this.text += `${message} ${JSON.stringify(fields)} ${describe(error)}\n`;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return error === undefined ? '' : String(error);
  const details = JSON.stringify(error, Object.getOwnPropertyNames(error));
  return `${error.stack} ${details} ${error.cause === undefined ? '' : describe(error.cause)}`;
}
