import { expect } from 'vitest';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

/** Returns the keys of all active workbenches, read page by page. */
export async function allActive(store: WorkbenchStore): Promise<WorkbenchKey[]> {
  const keys: WorkbenchKey[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listActive(cursor);
    expect(page.keys.length).toBeLessThanOrEqual(100);
    keys.push(...page.keys);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return keys;
}

export function aHundred<T>(make: (n: number) => T): T[] {
  return Array.from({ length: 100 }, (_, n) => make(n));
}

export function idOf({ workbenchId }: WorkbenchKey): string {
  return workbenchId;
}
