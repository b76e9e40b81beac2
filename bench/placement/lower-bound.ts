import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';

type Vector = readonly [number, number, number];

/**
 * What the workbenches that run at one moment cost at least, in USD per hour, if machines could be had in
 * fractions, at once, and workbenches be cut up among them: the least Σ price × number of machines that offers as
 * much cpu, memory and GPUs in all as they have. A linear program, solved by its dual: a price for each unit of
 * each resource such that no machine is worth more than it costs. The prices do not depend on what runs, so the
 * corners of what is possible are found once.
 */
export class LowerBound {
  readonly #corners: readonly Vector[];

  constructor(providers: readonly CapacityProvider[]) {
    this.#corners = findVertices(providers);
  }

  costOf(running: Capacity): number {
    const demand = toVector(running);
    return Math.max(...this.#corners.map((prices) => dot(prices, demand)));
  }
}

function toVector({ cpuUnits, memoryMib, gpuCount }: Capacity): Vector {
  return [cpuUnits, memoryMib, gpuCount];
}

/** Where three of the limits meet and no other is broken. */
function findVertices(providers: readonly CapacityProvider[]): readonly Vector[] {
  const limits: readonly (readonly [Vector, number])[] = [
    ...providers.map((provider) => [toVector(provider), provider.price] as const),
    [[-1, 0, 0], 0],
    [[0, -1, 0], 0],
    [[0, 0, -1], 0],
  ];
  const found: Vector[] = [];
  for (const [a, one] of limits.entries()) {
    for (const [b, two] of limits.slice(a + 1).entries()) {
      for (const three of limits.slice(a + b + 2)) {
        const point = intersect(one, two, three);
        if (point === undefined) continue;
        if (limits.every(([row, limit]) => dot(row, point) <= limit + 1e-12)) found.push(point);
      }
    }
  }
  return found;
}

type Limit = readonly [Vector, number];

/** By Cramer's rule; undefined where they do not meet in one point. */
function intersect([a, p]: Limit, [b, q]: Limit, [c, r]: Limit): Vector | undefined {
  const whole = determinant(a, b, c);
  if (whole === 0) return undefined;
  const instead = (column: 0 | 1 | 2) => {
    const put = (row: Vector, value: number) =>
      row.map((cell, at) => (at === column ? value : cell)) as unknown as Vector;
    return determinant(put(a, p), put(b, q), put(c, r)) / whole;
  };
  return [instead(0), instead(1), instead(2)];
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
