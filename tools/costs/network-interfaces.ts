/**
 * Each workbench has a network interface of its own, so that a machine may run out of them before it runs out of
 * memory. Type → interfaces of the machine, of which it keeps one; and interfaces for tasks with `awsvpcTrunking`,
 * where the type has that. From AWS's lists for EC2 and ECS.
 */
export const NETWORK_INTERFACES: Readonly<
  Record<string, { readonly own: number; readonly trunked?: number }>
> = {
  't3.medium': { own: 3 },
  'm6i.large': { own: 3, trunked: 9 },
  'm6i.xlarge': { own: 4, trunked: 18 },
  'm6i.2xlarge': { own: 4, trunked: 38 },
  'c6i.large': { own: 3, trunked: 9 },
  'c6i.xlarge': { own: 4, trunked: 18 },
  'c6i.2xlarge': { own: 4, trunked: 38 },
  'r6i.large': { own: 3, trunked: 9 },
  'r6i.xlarge': { own: 4, trunked: 18 },
  'r6i.2xlarge': { own: 4, trunked: 38 },
  'c5.2xlarge': { own: 4, trunked: 38 },
  'c5.18xlarge': { own: 15, trunked: 107 },
  'g4dn.xlarge': { own: 3, trunked: 39 },
  'g5.xlarge': { own: 4, trunked: 4 },
};

/** How many workbenches a machine of any of these types has interfaces for; undefined when one of them is not known. */
export function maxWorkbenchesOn(types: readonly string[], trunking: boolean): number | undefined {
  const numbers = types.map((type) => {
    const found = NETWORK_INTERFACES[type];
    return found === undefined ? undefined : ((trunking ? found.trunked : undefined) ?? found.own - 1);
  });
  return numbers.some((number) => number === undefined) ? undefined : Math.min(...(numbers as number[]));
}
