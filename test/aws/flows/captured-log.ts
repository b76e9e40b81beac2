import { vi } from 'vitest';

/** Holds back what is written to the console, and keeps what is written there as an error. */
export function capturedLog() {
  const errors: string[] = [];
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((line: unknown) => {
      if (level === 'error') errors.push(String(line));
    }),
  );
  return {
    errors,
    restore() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
