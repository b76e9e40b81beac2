import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';

type Vector = readonly [number, number, number];

/**
 * Computes a lower bound of the cost of the running workbenches at one moment, in USD per hour, as if fractions of
 * instances were available immediately and workbenches could be split across them: the minimum of Σ price × number of
 * instances whose total CPU, memory and GPUs cover those of the workbenches. This linear program is solved by its dual:
 * prices for each unit of each resource such that no instance is worth more than it costs. The feasible prices do not
 * depend on the workbenches, so the vertices of the feasible region are computed once.
 */
export class LowerBound {
  readonly #vertices: readonly Vector[];

  constructor(providers: readonly CapacityProvider[]) {
    this.#vertices = findVertices(providers);
  }

  costOf(running: Capacity): number {
    const demand = toVector(running);
    return Math.max(...this.#vertices.map((prices) => dot(prices, demand)));
  }
}

function toVector({ cpuUnits, memoryMib, gpuCount }: Capacity): Vector {
  return [cpuUnits, memoryMib, gpuCount];
}

/** Returns the points where three constraints are tight and the others hold. */
function findVertices(providers: readonly CapacityProvider[]): readonly Vector[] {
  const limits: readonly (readonly [Vector, number])[] = [
    ...providers.map((provider) => [toVector(provider), provider.price] as const),
    [[-1, 0, 0], 0],
    [[0, -1, 0], 0],
    [[0, 0, -1], 0],
  ];
  const vertices: Vector[] = [];
  for (const [a, one] of limits.entries()) {
    for (const [b, two] of limits.slice(a + 1).entries()) {
      for (const three of limits.slice(a + b + 2)) {
        const point = intersect(one, two, three);
        if (point === undefined) continue;
        if (limits.every(([row, limit]) => dot(row, point) <= limit + 1e-12)) vertices.push(point);
      }
    }
  }
  return vertices;
}

type Limit = readonly [Vector, number];

/** Applies Cramer's rule. Returns undefined if there is no unique intersection. */
function intersect([a, p]: Limit, [b, q]: Limit, [c, r]: Limit): Vector | undefined {
  const denominator = determinant(a, b, c);
  if (denominator === 0) return undefined;
  const solve = (column: 0 | 1 | 2) => {
    const replaceColumn = (row: Vector, value: number) =>
      row.map((cell, index) => (index === column ? value : cell)) as unknown as Vector;
    return determinant(replaceColumn(a, p), replaceColumn(b, q), replaceColumn(c, r)) / denominator;
  };
  return [solve(0), solve(1), solve(2)];
}

function determinant(a: Vector, b: Vector, c: Vector): number {
  return (
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    a[1] * (b[0] * c[2] - b[2] * c[0]) +
    a[2] * (b[0] * c[1] - b[1] * c[0])
  );
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
