import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';

export interface TelemetryLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: TelemetryFields;
}

/** Records log lines for assertions. */
export class TelemetryRecorder implements Telemetry {
  readonly lines: TelemetryLine[] = [];

  info(message: string, fields: TelemetryFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: TelemetryFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields: TelemetryFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  count(): void {}
}
