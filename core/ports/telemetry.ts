/**
 * Logs and metrics for operators. Fields contain identifiers and codes, never a token, a key or the content of a file.
 * Implementations never throw and never block the caller.
 */
export interface Telemetry {
  info(message: string, fields?: TelemetryFields): void;
  warn(message: string, fields?: TelemetryFields): void;
  error(message: string, fields?: TelemetryFields, cause?: unknown): void;
  /** Adds to a counter. Dimension values come from closed sets (codes, kinds), never from user input. */
  count(metric: string, value: number, dimensions?: Readonly<Record<string, string>>): void;
}

export type TelemetryFields = Readonly<Record<string, string | number | boolean | undefined>>;
