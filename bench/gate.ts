/**
 * `npm run bench:gate`: measures the gate beside other proxies in one run, and prints the results. `--out FILE` also writes them to a
 * file: bench/results/gate.md. Installs Traefik and nginx as `npm run local:proxies` does, and the other proxies into a temporary folder.
 * Exits with 1 if a request through the gate failed. With `--quick` it runs shorter, and also exits with 1 if the gate needs several
 * times the processor time of httpxy.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEnvironment } from './environment.ts';
import { openAskingProxy } from './gate/asking-proxies.ts';
import { type Contender, type Opened, startScript } from './gate/contender.ts';
import { type MeasureOptions, measureContenders } from './gate/measure.ts';
import { installPackages, openConfigurableHttpProxy, openDirect, openHttpxy } from './gate/others.ts';
import { openGate } from './gate/our-gate.ts';
import { page, type Results, type Role, tables } from './gate/page.ts';

const { quick, out } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } },
}).values;
const options: MeasureOptions = quick
  ? { rounds: 3, requests: 1000, warmUp: 3000, sockets: 200, downloadBytes: 64 * 2 ** 20 }
  : { rounds: 5, requests: 2000, warmUp: 4000, sockets: 2000, downloadBytes: 2 ** 30 };
/**
 * With `--quick`, the gate may use this many times the processor time of httpxy. The check finds a change that makes the gate several
 * times slower. It does not measure the target: the factor was 1.7 on one computer and 2.5 on another at the same commit, because
 * it depends on how much a call of the system costs, and the rounds are short.
 */
const QUICK_FACTOR_MAX = 4;

const [loadBefore = 0] = loadavg();
const environment = describeEnvironment();
const folder = await mkdtemp(join(tmpdir(), 'wb-gate-'));
const closers: (() => Promise<void>)[] = [];
try {
  console.error('Installing the other proxies …');
  installPackages(folder);
  const backend = await startScript(join(import.meta.dirname, 'gate/serve-backend.ts'));
  closers.push(backend.close);
  const measured = new Set<Contender>();
  const missing: { readonly name: string; readonly missing: string }[] = [];
  const roles = new Map<Role, Contender>();
  const add = (opened: Opened, role?: Role) => {
    if ('missing' in opened) {
      missing.push(opened);
      return;
    }
    closers.push(opened.close);
    measured.add(opened);
    if (role !== undefined) roles.set(role, opened);
  };
  add(openDirect(backend.port));
  add(await openGate('gate, sessions', 'sessions', backend.port), 'gate');
  add(await openGate('gate, open', 'open', backend.port), 'open_gate');
  add(await openHttpxy(folder, backend.port), 'httpxy');
  add(await openConfigurableHttpProxy(folder, backend.port), 'configurable_http_proxy');
  add(await openAskingProxy('traefik', folder, backend.port), 'traefik');
  add(await openAskingProxy('nginx', folder, backend.port), 'nginx');

  const results: Results = {
    environment,
    loadBefore,
    options,
    measured: await measureContenders([...measured], options, (text) => console.error(text)),
    roles,
    missing,
  };
  console.log(tables(results));
  if (out !== undefined) await writeFile(out, page(results));
  for (const problem of findProblems(results)) {
    console.error(problem);
    process.exitCode = 1;
  }
} finally {
  for (const close of closers) await close();
  await rm(folder, { recursive: true, force: true });
}
// Idle keep-alive connections would keep the process running.
process.exit();

function findProblems({ measured, roles }: Results): readonly string[] {
  const gates = (['gate', 'open_gate'] as const).flatMap(
    (role) => measured.get(roles.get(role) as Contender)?.requests ?? [],
  );
  const leastCpuOf = (role: Role) =>
    measured.get(roles.get(role) as Contender)?.leastCpuOfRequest ?? Number.NaN;
  const factor = leastCpuOf('gate') / leastCpuOf('httpxy');
  return [
    ...gates.flatMap(({ name, failed }) =>
      failed > 0 ? [`${failed} requests through ${name} failed.`] : [],
    ),
    ...(quick && !(factor <= QUICK_FACTOR_MAX)
      ? [`The gate uses ${factor.toFixed(2)} times the processor time of httpxy.`]
      : []),
  ];
}
