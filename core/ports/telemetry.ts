/**
 * What operators see. Fields hold identifiers and codes, never a token, a key or a file's content.
 * Implementations never throw and never block the caller.
 */
export interface Telemetry {
  info(message: string, fields?: TelemetryFields): void;
  warn(message: string, fields?: TelemetryFields): void;
  error(message: string, fields?: TelemetryFields, cause?: unknown): void;
  /** Adds to a counter. Dimension values come from closed sets (codes, kinds), never from users. */
  count(metric: string, value: number, dimensions?: Readonly<Record<string, string>>): void;
}

export type TelemetryFields = Readonly<Record<string, string | number | boolean | undefined>>;
