import { costOf, type PriceName } from './prices.ts';

/** A line of a bill: so much of something, at its price. */
export interface BillLine {
  readonly what: string;
  readonly quantity: number;
  /** What the quantity counts. */
  readonly unit: string;
  readonly usd: number;
}

export function billLine(what: string, price: PriceName, quantity: number, unit: string): BillLine {
  return { what, quantity, unit, usd: costOf(price, quantity) };
}

export function totalUsd(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}
