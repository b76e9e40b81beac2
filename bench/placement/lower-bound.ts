import type { CapacityProvider, InstanceCapacity } from '#core/ports/capacity-catalog.ts';

/** One number for each resource. */
type Vector = readonly number[];

const RESOURCES = [
  'cpuUnits',
  'memoryMib',
  'gpuCount',
  'interfaces',
] as const satisfies readonly (keyof InstanceCapacity)[];

/**
 * Computes a lower bound of the cost of the running workbenches at one moment, in USD per hour, as if fractions of
 * instances were available immediately and workbenches could be split across them: the minimum of Σ price × number of
 * instances whose total CPU, memory, GPUs and network interfaces cover those of the workbenches. This linear program is
 * solved by its dual: prices for each unit of each resource such that no instance is worth more than it costs. The
 * feasible prices do not depend on the workbenches, so the vertices of the feasible region are computed once.
 */
export class LowerBound {
  readonly #vertices: readonly Vector[];

  constructor(providers: readonly CapacityProvider[]) {
    this.#vertices = findVertices(providers);
  }

  /** @param running The sums of all workbenches. Each has one network interface. */
  costOf(running: InstanceCapacity): number {
    const demand = toVector(running);
    return Math.max(...this.#vertices.map((prices) => dot(prices, demand)));
  }
}

function toVector(capacity: InstanceCapacity): Vector {
  return RESOURCES.map((resource) => capacity[resource]);
}

type Limit = readonly [Vector, number];

/** Returns the points where as many constraints as there are resources are tight, and the others hold. */
function findVertices(providers: readonly CapacityProvider[]): readonly Vector[] {
  const limits: readonly Limit[] = [
    ...providers.map((provider) => [toVector(provider), provider.price] as const),
    // No price is negative.
    ...RESOURCES.map((_, index) => [RESOURCES.map((_, other) => (other === index ? -1 : 0)), 0] as const),
  ];
  return subsetsOf(limits, RESOURCES.length).flatMap((tight) => {
    const point = intersect(tight);
    return point !== undefined && limits.every(([row, limit]) => dot(row, point) <= limit + 1e-12)
      ? [point]
      : [];
  });
}

function subsetsOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return all.flatMap((first, index) =>
    subsetsOf(all.slice(index + 1), size - 1).map((others) => [first, ...others]),
  );
}

/** Solves the equations by Gaussian elimination. Returns undefined if there is no unique intersection. */
function intersect(limits: readonly Limit[]): Vector | undefined {
  const rows = limits.map(([row, limit]) => [...row, limit]);
  for (let column = 0; column < rows.length; column += 1) {
    const below = rows.slice(column);
    const pivot = below.reduce((best, row) =>
      Math.abs(at(row, column)) > Math.abs(at(best, column)) ? row : best,
    );
    // The coefficients are whole numbers: a difference of rounding is far below this.
    if (Math.abs(at(pivot, column)) < 1e-9) return undefined;
    const other = rows[column] as number[];
    rows[rows.indexOf(pivot)] = other;
    rows[column] = pivot.map((cell) => cell / at(pivot, column));
    for (const [index, row] of rows.entries()) {
      if (index === column) continue;
      const factor = at(row, column);
      rows[index] = row.map((cell, position) => cell - factor * at(rows[column] as number[], position));
    }
  }
  return rows.map((row) => at(row, rows.length));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.NaN;
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, index) => sum + value * at(b, index), 0);
}
