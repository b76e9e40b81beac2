import { openUsage } from '#core/cost/metering.ts';
import type { Capacity, InstanceCapacity } from '#core/ports/capacity-catalog.ts';
import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { MemoryUsageStore } from '../../memory/memory-usage-store.ts';
import { resourcesOf, withTrunk } from '../world/ecs/capacity-providers.ts';
import { SIMULATED_FILE_BYTES } from '../world/simulated-janitor.ts';
import type { World } from '../world/world.ts';
import { FILES_PRICE, MACHINE_PRICES, WORLD_OPTIONS } from '../world/world-fixture.ts';
import { RuleViolation } from './rule-violation.ts';

const HOUR_MS = 3_600_000;
const MONTH_HOURS = 730;
/**
 * The largest difference of two sums that agree, millionths of a USD: each is rounded when the rate changes, and clocks of
 * functions differ by up to 4 s, in which the most expensive machine costs 860.
 */
const DIFFERENCE_MAX_MICROS = 1000;

/** What a workbench costs from `since` on, and the sums until then. */
interface Account {
  userId: string;
  since: number;
  /** Millionths of a USD an hour. */
  rate: number;
}

/** What the files of a workbench cost from `since` on, and have cost until then. */
interface FilesAccount {
  readonly since: number;
  /** Millionths of a USD an hour. */
  readonly rate: number;
  readonly micros: number;
}

/**
 * The rules about costs. What the figures of a month say of each workbench and owner is compared with sums that are
 * computed again from the times of the records and the prices of the machines, and, while nothing fails, with the
 * machines on which the containers actually run.
 */
export class CostChecks {
  readonly #world: World;
  readonly #usage: MemoryUsageStore;
  readonly #accounts = new Map<string, Account>();
  readonly #files = new Map<string, FilesAccount>();
  /** `<workbench id> <user> <month>` → millionths of a USD. */
  readonly #expected = new Map<string, number>();
  /** Run and attempt → the price of its share. */
  readonly #shares = new Map<string, number>();

  constructor(world: World, usage: MemoryUsageStore) {
    this.#world = world;
    this.#usage = usage;
  }

  /** Called when a record has been created, updated or moved. */
  noteWritten(record: Workbench): void {
    const { workbenchId, userId, updatedAt } = record;
    const run = runOf(record);
    if (run?.phase === 'issued' && run.input.placement.kind === 'provider')
      this.#shares.set(`${run.runId} ${run.attempt}`, shareRate(run.input, run.input.placement.provider));
    const files = filesRate((record.files?.kib ?? 0) * 1024);
    const rate = this.#machineRateOf(record) + files;
    this.#files.set(workbenchId, {
      since: updatedAt,
      rate: files,
      micros: this.#filesUntil(workbenchId, updatedAt),
    });
    const account = this.#accounts.get(workbenchId) ?? { userId, since: updatedAt, rate: 0 };
    this.#accounts.set(workbenchId, account);
    if (account.rate === rate && account.userId === userId) return;
    this.#add(workbenchId, account, updatedAt);
    account.since = Math.max(account.since, updatedAt);
    account.rate = rate;
    account.userId = userId;
  }

  /** Checks that the size of the files is one that they had while they were measured. */
  checkFiles({ workbenchId, files }: Workbench): void {
    if (files === undefined) return;
    const count = (files.kib * 1024) / SIMULATED_FILE_BYTES;
    if (count === 0 && this.#world.truth.measuredMissing.has(workbenchId)) return;
    const directories = this.#directoriesOf(workbenchId);
    const isMeasured = directories.some(({ measurements }) =>
      measurements.some(({ from, to }) => from <= count && count <= to),
    );
    if (directories.length > 0 && !isMeasured)
      throw new RuleViolation(`the size of the files of ${workbenchId} is stored as that of ${count} files`);
  }

  /** Checks, after a sweep without faults, that the files of every workbench were measured. */
  checkMeasured(records: readonly Workbench[], sweptAt: number): void {
    for (const { workbenchId, status, files } of records) {
      if (status !== 'stopped' && status !== 'running') continue;
      const hasFiles = this.#directoriesOf(workbenchId).some(({ createdAt }) => createdAt < sweptAt);
      if (hasFiles && files === undefined)
        throw new RuleViolation(`the files of workbench ${workbenchId} were never measured`);
    }
  }

  /** What the workbenches of a user have cost in the month of `now`, by what is computed here. Millionths of a USD. */
  monthToDate(userId: string, now: number): number {
    const month = `${userId} ${new Date(now).toISOString().slice(0, 7)}`;
    const sums = new Map<string, number>();
    for (const [workbenchId, account] of this.#accounts) addTo(sums, workbenchId, account, now);
    let micros = 0;
    for (const [name, sum] of [...this.#expected, ...sums]) if (name.endsWith(` ${month}`)) micros += sum;
    return micros;
  }

  /** Compares the figures of every month, owner and workbench. @param records those that exist */
  check(records: readonly Workbench[], now: number): void {
    // A clock that is set to another month counts what the workbench does in that month.
    if (this.#world.functionClock.steps) return;
    const expected = new Map(this.#expected);
    for (const [workbenchId, account] of this.#accounts) addTo(expected, workbenchId, account, now);
    const counted = this.#count(records, now);
    for (const name of new Set([...expected.keys(), ...counted.keys()])) {
      const [should, is] = [expected.get(name) ?? 0, counted.get(name) ?? 0];
      if (Math.abs(should - is) > DIFFERENCE_MAX_MICROS)
        throw new RuleViolation(
          `the figures say that ${name} has cost ${is} millionths of a USD, but its machines cost ${Math.round(should)}`,
        );
    }
  }

  /** Returns a check for a later time: until then every container runs on. */
  expectCosts(
    records: readonly Workbench[],
    from: number,
  ): (records: readonly Workbench[], until: number) => void {
    const before = this.#totals(records, from);
    const filesBefore = new Map(
      records.map(({ workbenchId }) => [workbenchId, this.#filesUntil(workbenchId, from)]),
    );
    return (after, until) => {
      this.check(after, until);
      if (this.#world.functionClock.steps) return;
      const totals = this.#totals(after, until);
      for (const { workbenchId, status } of after) {
        const started = [...this.#world.containers].find((one) => one.workbenchId === workbenchId);
        if (status !== 'running' || started === undefined || started.startedAt > from) continue;
        const machine = (this.#priceOf(started.instanceId, workbenchId) * (until - from)) / HOUR_MS;
        const files = this.#filesUntil(workbenchId, until) - (filesBefore.get(workbenchId) ?? 0);
        const should = machine + files;
        const is = (totals.get(workbenchId) ?? 0) - (before.get(workbenchId) ?? 0);
        if (Math.abs(should - is) > DIFFERENCE_MAX_MICROS)
          throw new RuleViolation(
            `workbench ${workbenchId} has cost ${is} millionths of a USD while it ran on ${started.instanceId}, whose part costs ${Math.round(should)}`,
          );
      }
    };
  }

  #filesUntil(workbenchId: string, now: number): number {
    const { since, rate, micros } = this.#files.get(workbenchId) ?? { since: now, rate: 0, micros: 0 };
    return micros + (rate * Math.max(0, now - since)) / HOUR_MS;
  }

  #totals(records: readonly Workbench[], now: number): Map<string, number> {
    const totals = new Map<string, number>();
    for (const [name, micros] of this.#count(records, now)) {
      const [workbenchId = ''] = name.split(' ');
      totals.set(workbenchId, (totals.get(workbenchId) ?? 0) + micros);
    }
    return totals;
  }

  /** The figures: what the meters of the records have counted, and what is stored of ended ones. */
  #count(records: readonly Workbench[], now: number): Map<string, number> {
    const seqs = new Map(records.map(({ workbenchId, meter }) => [workbenchId, meter?.seq]));
    const ended = this.#usage.listAll().filter(({ workbenchId, seq }) => seqs.get(workbenchId) !== seq);
    const counted = new Map<string, number>();
    for (const entry of [...ended, ...records.flatMap((record) => openUsage(record, now))]) {
      const name = `${entry.workbenchId} ${entry.userId} ${entry.month}`;
      counted.set(name, (counted.get(name) ?? 0) + entry.micros);
    }
    return counted;
  }

  #add(workbenchId: string, account: Account, until: number): void {
    addTo(this.#expected, workbenchId, account, until);
  }

  #directoriesOf(workbenchId: string) {
    return [...this.#world.directories.values()].filter(({ path }) => path.endsWith(`/${workbenchId}`));
  }

  /** What the record says of the machine, with prices that are computed here. */
  #machineRateOf(record: Workbench): number {
    const { host, status } = record;
    if (host?.instanceId !== undefined) {
      const { running, stopped } = hostRates(host.instanceType);
      return host.state === 'running' || host.state === 'pending' ? running : stopped;
    }
    const run = runOf(record);
    if (run?.phase !== 'accepted' || run.goneAfter !== undefined) return 0;
    const isPlaced = status === 'pending' || status === 'running' || run.containerInstance !== undefined;
    return isPlaced ? (this.#shares.get(`${run.runId} ${run.attempt}`) ?? 0) : 0;
  }

  /** What the part of the machine costs on which the container actually runs. */
  #priceOf(instanceId: string, workbenchId: string): number {
    const instance = this.#world.ec2Instances.all.get(instanceId);
    if (instance === undefined) return 0;
    const { provider, instanceType } = instance.spec;
    if (provider === undefined) return hostRates(instanceType).running;
    const task = [...this.#world.ecs.tasks.values()].find(
      (one) => one.workbenchId === workbenchId && one.lastStatus === 'RUNNING',
    );
    return task === undefined ? 0 : shareRate(task.size, provider);
  }
}

function filesRate(bytes: number): number {
  return Math.round(((bytes / 2 ** 30) * FILES_PRICE * 1e6) / MONTH_HOURS);
}

function hostRates(instanceType: string): { readonly running: number; readonly stopped: number } {
  const { price, diskPrice } = MACHINE_PRICES.hosts[instanceType] ?? { price: 0, diskPrice: 0 };
  const disk = diskPrice / MONTH_HOURS;
  return { running: Math.round((price + disk) * 1e6), stopped: Math.round(disk * 1e6) };
}

/** The largest share of any resource, network interfaces included. */
function shareRate(request: Capacity, providerName: string): number {
  const spec = WORLD_OPTIONS.providers.find(({ name }) => name === providerName);
  const prices = MACHINE_PRICES.providers[providerName];
  if (spec === undefined || prices === undefined) return 0;
  const whole: InstanceCapacity = resourcesOf(withTrunk(spec));
  const share = Math.max(
    1 / whole.interfaces,
    request.cpuUnits / whole.cpuUnits,
    request.memoryMib / whole.memoryMib,
    whole.gpuCount === 0 ? 0 : request.gpuCount / whole.gpuCount,
  );
  return Math.round((prices.price + prices.diskPrice / MONTH_HOURS) * Math.min(1, share) * 1e6);
}

function addTo(
  sums: Map<string, number>,
  workbenchId: string,
  { userId, since, rate }: Account,
  until: number,
): void {
  for (let from = since; from < until && rate > 0; ) {
    const date = new Date(from);
    const end = Math.min(until, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1));
    const name = `${workbenchId} ${userId} ${date.toISOString().slice(0, 7)}`;
    sums.set(name, (sums.get(name) ?? 0) + (rate * (end - from)) / HOUR_MS);
    from = end;
  }
}
