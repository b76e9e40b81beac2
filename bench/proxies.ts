/**
 * `npm run bench:proxies`: compares packages that forward HTTP with gate/forward, on odd requests and responses and by
 * processor time, and writes bench/results/proxies.md. Installs the packages into a temporary folder.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEnvironment } from './environment.ts';
import { environmentTable, markdownTable } from './markdown.ts';
import { readCpuMs } from './process-usage.ts';
import { CASES, exchangeBytes, type ProxyCase } from './proxies/cases.ts';

/** The packages of each candidate, with their versions. The forwarder of the gate has none. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  forwarder: [],
  httpxy: ['httpxy@0.5.6'],
  'http-proxy-3': ['http-proxy-3@2.0.1'],
  undici: ['undici@8.13.1'],
  'fast-proxy': ['fast-proxy@2.2.0'],
  '@fastify/http-proxy': ['@fastify/http-proxy@11.6.3', 'fastify@5.12.8'],
};
const NAMES = Object.keys(CANDIDATES);
const ROUNDS = 3;
const REQUESTS = 2000;
const WARM_UP_REQUESTS = 1000;
const CONNECTIONS = 32;

interface Proxy {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startProxy(name: string, folder: string, backendPort: number): Promise<Proxy> {
  const script = join(import.meta.dirname, 'proxies/serve-proxy.ts');
  const process_ = spawn(process.execPath, [script, name, folder, String(backendPort)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(process_.stdout as NodeJS.ReadableStream, 'data');
  return { process: process_, port: Number(String(line)) };
}

/** Returns for each case whether the proxy responds as it must, and still responds to the next request. */
async function tryCases(name: string, folder: string): Promise<readonly boolean[]> {
  let forwarded = '';
  let current: ProxyCase | undefined;
  const backend = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      const isLater = chunk.includes('GET /later');
      if (!isLater) forwarded = chunk.toString('latin1');
      const response = isLater ? 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' : current?.response;
      socket.end(response ?? '', 'latin1');
    });
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port: backendPort } = backend.address() as AddressInfo;
  const passed: boolean[] = [];
  let proxy = await startProxy(name, folder, backendPort);
  for (const one of CASES) {
    if (proxy.process.exitCode !== null) proxy = await startProxy(name, folder, backendPort);
    [current, forwarded] = [one, ''];
    const received = await exchangeBytes(proxy.port, one.request);
    const later = await exchangeBytes(
      proxy.port,
      'GET /later HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    passed.push(one.passes(received, forwarded) && later.startsWith('HTTP/1.1 200 '));
  }
  proxy.process.kill();
  backend.close();
  return passed;
}

/** Sends requests over kept connections. */
async function sendRequests(port: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let sent = 0;
  const sendInTurn = async () => {
    while (sent < count) {
      sent += 1;
      await new Promise<void>((resolve, reject) => {
        const headers = { cookie: 'a=1', accept: 'text/html', 'user-agent': 'bench' };
        const toProxy = request({ port, host: '127.0.0.1', path: '/file.js', agent, headers }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
          response.resume().once('end', resolve);
        });
        toProxy.once('error', reject).end();
      });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendInTurn));
  agent.destroy();
}

/** Returns the median processor time of each proxy for one request, µs. The rounds of the proxies are interleaved. */
async function measureCpu(folder: string): Promise<ReadonlyMap<string, number>> {
  const body = Buffer.alloc(1024, 'x');
  const backend = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  const proxies = await Promise.all(NAMES.map((name) => startProxy(name, folder, port)));
  for (const proxy of proxies) await sendRequests(proxy.port, WARM_UP_REQUESTS);
  const samples = NAMES.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [
      index,
      {
        process: { pid },
        port: proxyPort,
      },
    ] of proxies.entries()) {
      const before = readCpuMs(pid as number);
      await sendRequests(proxyPort, REQUESTS);
      samples[index]?.push(((readCpuMs(pid as number) - before) * 1000) / REQUESTS);
    }
  }
  for (const { process: process_ } of proxies) process_.kill();
  backend.close();
  backend.closeAllConnections();
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return new Map(NAMES.map((name, index) => [name, median(samples[index] ?? []) ?? Number.NaN]));
}

/** Returns the date of the version that is compared. */
function releaseDate(spec: string | undefined): string {
  if (spec === undefined) return '';
  const times: unknown = JSON.parse(
    execFileSync('npm', ['view', spec, 'time', '--json'], { encoding: 'utf8' }),
  );
  const released = (times as Readonly<Record<string, string>>)[spec.slice(spec.lastIndexOf('@') + 1)];
  return released?.slice(0, 10) ?? 'unknown';
}

const folder = await mkdtemp(join(tmpdir(), 'wb-proxies-'));
try {
  const environment = describeEnvironment();
  const packages = Object.values(CANDIDATES).flat();
  execFileSync('npm', ['install', '--silent', '--prefix', folder, ...packages]);
  const outcomes = new Map<string, string[]>();
  for (const name of NAMES) {
    console.error(`Trying ${name} …`);
    outcomes.set(
      name,
      (await tryCases(name, folder)).map((hasPassed) => (hasPassed ? 'yes' : '**no**')),
    );
  }
  console.error('Measuring …');
  const cpu = await measureCpu(folder);
  const rows = [
    ['', ...NAMES],
    ...CASES.map(({ name }, index) => [
      name,
      ...NAMES.map((candidate) => outcomes.get(candidate)?.[index] ?? ''),
    ]),
    [
      'µs of processor time per request',
      ...NAMES.map((name) => String(Math.round(cpu.get(name) ?? Number.NaN))),
    ],
  ];
  rows.push(['released', ...NAMES.map((name) => releaseDate(CANDIDATES[name]?.[0]))]);
  const table = markdownTable(rows);
  console.log(table);
  const text = [
    '# Packages that forward HTTP',
    '',
    '<!-- Written by `npm run bench:proxies`. Do not edit. -->',
    '',
    `\`forwarder\` is \`gate/forward\`; the others are used as their documentation shows. A case passes if the client receives the`,
    `right response and the proxy still serves the next request. Processor time: median of ${ROUNDS} interleaved rounds of ${REQUESTS}`,
    `requests for 1 KiB over ${CONNECTIONS} connections.`,
    '',
    table,
    '',
    environmentTable(environment),
    '',
  ].join('\n');
  await writeFile(join(import.meta.dirname, 'results', 'proxies.md'), text);
} finally {
  await rm(folder, { recursive: true, force: true });
}
