import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const REPORTER = join(import.meta.dirname, '../../image/activity.sh');
const TOKEN = 'wbrun.workbench.run.the-secret-of-this-run';
/** The programs that every Linux image has. */
const BASE_PROGRAMS = ['awk', 'cat', 'cut', 'date', 'grep', 'sed', 'sort', 'tail'];

/** The path of a program, or undefined if this computer does not have it. */
function findProgram(name: string): string | undefined {
  // python3 may be a script that needs other programs to find the interpreter.
  const script = name === 'python3' ? 'python3 -c "import sys; print(sys.executable)"' : `command -v ${name}`;
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trim() || undefined;
}

const SYSTEM = Object.fromEntries(BASE_PROGRAMS.map((name) => [name, findProgram(name) ?? '']));
const [CURL, PYTHON, BUSYBOX] = ['curl', 'python3', 'busybox'].map(findProgram);

let folder: string;
let reports: { authorization: string | undefined; type: string | undefined; body: unknown }[];
let apiStatus: number;
let api: string;
/** What Jupyter responds to requests for its kernels. */
let jupyter: { status: number; body: unknown; asked: string[] };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wb-activity-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  [reports, apiStatus, jupyter] = [[], 204, { status: 404, body: {}, asked: [] }];
  api = await listen(async (request) => {
    const { authorization, 'content-type': type } = request.headers;
    reports.push({ authorization, type, body: JSON.parse(await readBody(request)) });
    return [apiStatus, ''];
  });
});

type Respond = (request: IncomingMessage) => Promise<[status: number, body: string]>;

/** Starts a server that ends with the test. Returns its URL. @param at a socket, or a free port */
async function listen(respond: Respond, at: string | number = 0): Promise<string> {
  const server: Server = createServer((request, response) => {
    void respond(request).then(([status, body]) => response.writeHead(status).end(body));
  });
  await new Promise<void>((resolve) =>
    typeof at === 'string' ? server.listen(at, resolve) : server.listen(at, '127.0.0.1', resolve),
  );
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = typeof at === 'string' ? { port: 0 } : (server.address() as AddressInfo);
  return `http://127.0.0.1:${port}`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

const respondAsJupyter: Respond = async ({ url = '', headers }) => {
  jupyter.asked.push(headers.authorization === undefined ? url : `${url} ${headers.authorization}`);
  return [jupyter.status, JSON.stringify(jupyter.body, null, 1)];
};

const kernel = (state: string, last: string) => ({
  id: 'f00d',
  name: 'python3',
  last_activity: last,
  execution_state: state,
  connections: 1,
});

interface ReporterOptions {
  /** The programs of the image, besides the shell: name → path. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly shell?: readonly string[];
  /** The id of the process with which it ends. */
  readonly ends?: string;
}

/** What the test reads instead of the next `sleep` when the reporter has ended. */
const ENDED = '-';

/** A reporter that takes samples when the test says so: its `sleep` waits for the test. */
class Reporter {
  readonly process: ChildProcess;
  readonly #sleeps: FileHandle;
  readonly #ticks: FileHandle;
  #uptime = 1000;
  #used = 0;

  private constructor(process: ChildProcess, sleeps: FileHandle, ticks: FileHandle) {
    this.process = process;
    this.#sleeps = sleeps;
    this.#ticks = ticks;
  }

  static async start(
    environment: Readonly<Record<string, string>>,
    { programs = { ...SYSTEM, curl: CURL ?? '' }, shell = ['/bin/sh'], ends = '' }: ReporterOptions = {},
  ): Promise<Reporter> {
    const bin = join(folder, 'bin');
    for (const path of [bin, join(folder, 'sys/fs/cgroup'), join(folder, 'proc')])
      await mkdir(path, { recursive: true });
    for (const [name, path] of Object.entries(programs)) await symlink(path, join(bin, name)).catch(() => {});
    const [sleeps, ticks] = [join(folder, 'sleeps'), join(folder, 'ticks')];
    execFileSync('mkfifo', [sleeps, ticks]);
    await writeFile(join(bin, 'sleep'), `#!/bin/sh\necho >${sleeps}\nread -r _ <${ticks}\n`, { mode: 0o755 });
    const handles = [await open(sleeps, 'r+'), await open(ticks, 'r+')] as const;
    const [file = '', ...args] = shell;
    const process = spawn(file, [...args, REPORTER, ...(ends === '' ? [] : [ends])], {
      env: {
        PATH: bin,
        WB_ACTIVITY_URL: api,
        WB_ACTIVITY_TOKEN: TOKEN,
        SYS_FOLDER: join(folder, 'sys'),
        PROC_FOLDER: join(folder, 'proc'),
        ...environment,
      },
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const reporter = new Reporter(process, ...handles);
    // Otherwise the test would wait without end.
    process.once('exit', () => void handles[0].write(ENDED).catch(() => {}));
    onTestFinished(async () => {
      if (process.exitCode === null && process.signalCode === null) {
        globalThis.process.kill(-(process.pid ?? 0), 'SIGKILL');
        await once(process, 'exit');
      }
      for (const handle of handles) await handle.close();
    });
    await reporter.#sleepBegins();
    return reporter;
  }

  /** Lets it take a sample, a minute later. @param cpuSeconds of work within this minute */
  async takeSample(cpuSeconds = 0): Promise<void> {
    await this.tick(cpuSeconds);
    await this.#sleepBegins();
  }

  async tick(cpuSeconds = 0): Promise<void> {
    this.#uptime += 60;
    this.#used += cpuSeconds * 1e6;
    await writeFile(join(folder, 'proc/uptime'), `${this.#uptime}.00 5.00\n`);
    await writeFile(
      join(folder, 'sys/fs/cgroup/cpu.stat'),
      `usage_usec ${this.#used}\nuser_usec ${this.#used}\nsystem_usec 0\n`,
    );
    await this.#ticks.write('\n');
  }

  async takeSamples(count: number, cpuSeconds = 0): Promise<void> {
    for (let sample = 0; sample < count; sample += 1) await this.takeSample(cpuSeconds);
  }

  async #sleepBegins(): Promise<void> {
    const { buffer } = await this.#sleeps.read(Buffer.alloc(1), 0, 1);
    if (buffer.toString() === ENDED) throw new Error('the reporter has ended');
  }
}

const lastReported = () =>
  (reports.at(-1)?.body as { last_activity: string } | undefined)?.last_activity ?? '';
const kindsReported = () => reports.map(({ body }) => (body as { kinds: string[] }).kinds);

const IMAGES = [
  { image: 'curl', needs: [CURL], programs: { ...SYSTEM, curl: CURL ?? '' }, shell: ['/bin/sh'] },
  { image: 'python3', needs: [PYTHON], programs: { ...SYSTEM, python3: PYTHON ?? '' }, shell: ['/bin/sh'] },
  {
    image: 'busybox and curl',
    needs: [BUSYBOX, CURL],
    programs: {
      ...Object.fromEntries(BASE_PROGRAMS.map((name) => [name, BUSYBOX ?? ''])),
      curl: CURL ?? '',
    },
    shell: [BUSYBOX ?? '', 'sh'],
  },
];

describe.runIf(process.platform === 'linux')('the reporter of activity', () => {
  for (const { image, needs, programs, shell } of IMAGES) {
    describe.skipIf(needs.includes(undefined))(`in an image with ${image}`, () => {
      it('reports a busy kernel as use of the IDE at this moment, with the token of the run', async () => {
        jupyter = { ...jupyter, status: 200, body: [kernel('busy', '2026-11-29T08:00:00.000000Z')] };
        const before = Date.now();
        const reporter = await Reporter.start(
          { WB_ACTIVITY_JUPYTER: `${await listen(respondAsJupyter)}/lab`, JUPYTER_TOKEN: 'secret' },
          { programs, shell },
        );
        await reporter.takeSample();
        expect(jupyter.asked).toEqual(['/lab/api/kernels token secret']);
        expect(reports).toMatchObject([
          { authorization: `Bearer ${TOKEN}`, type: 'application/json', body: { kinds: ['ide'] } },
        ]);
        expect(Math.abs(Date.parse(lastReported()) - before)).toBeLessThan(60_000);
        await reporter.takeSample();
        expect(kindsReported()).toEqual([['ide'], ['ide']]);
      });

      it('reports at a socket when the work of an idle kernel has ended, once', async () => {
        const socket = join(folder, 'socket');
        await listen(respondAsJupyter, socket);
        const ended = '2026-11-29T08:30:00.123456Z';
        jupyter = {
          ...jupyter,
          status: 200,
          body: [kernel('idle', '2026-11-29T08:00:00.000000Z'), kernel('idle', ended)],
        };
        const environment = { WB_SOCKET: socket, WB_PREFIX: '/project/1', WB_RUN_ID: 'run' };
        const reporter = await Reporter.start(environment, { programs, shell });
        await reporter.takeSamples(2);
        expect(jupyter.asked).toEqual(['/project/1/api/kernels', '/project/1/api/kernels']);
        expect(reports.map(({ body }) => body)).toEqual([{ last_activity: ended, kinds: ['ide'] }]);
      });

      it('reports processors that were busy over five minutes', async () => {
        const reporter = await Reporter.start({ WB_ACTIVITY_CPU_UNITS: '4096' }, { programs, shell });
        // 5 % of four processors for a minute are 12 s.
        await reporter.takeSamples(6, 11.9);
        expect(reports).toEqual([]);
        await reporter.takeSample(12.6);
        expect(kindsReported()).toEqual([['busy']]);
      });
    });
  }

  describe.skipIf(CURL === undefined)('beside any program', () => {
    it('does not report processors before five minutes, nor those of a tab that is open in a small workbench', async () => {
      const reporter = await Reporter.start({ WB_ACTIVITY_CPU_UNITS: '256' });
      await reporter.takeSamples(5, 60);
      expect(reports).toEqual([]);
      await reporter.takeSample(60);
      expect(kindsReported()).toEqual([['busy']]);
      // 5 % of the quarter of a processor are 0.75 s; 5 % of a processor are 3 s.
      await reporter.takeSamples(5, 2.9);
      reports = [];
      await reporter.takeSamples(3, 2.9);
      expect(reports).toEqual([]);
    });

    it('reports busy GPUs, as far as nvidia-smi shows them', async () => {
      await mkdir(join(folder, 'bin'));
      const smi = async (values: string) =>
        writeFile(join(folder, 'bin/nvidia-smi'), `#!/bin/sh\nprintf '${values}'\n`, { mode: 0o755 });
      await smi('0\\n40\\n');
      const reporter = await Reporter.start({});
      await reporter.takeSamples(4);
      expect(reports).toEqual([]);
      await reporter.takeSample();
      expect(kindsReported()).toEqual([['busy']]);
      await smi('[N/A]\\n');
      await reporter.takeSample();
      await smi('0\\n0\\n');
      await reporter.takeSamples(5);
      reports = [];
      await reporter.takeSample();
      expect(reports).toEqual([]);
    });

    it('counts the processes of its run in local mode', async () => {
      const socket = join(folder, 'socket');
      await writeFile(socket, '');
      const reporter = await Reporter.start({ WB_SOCKET: socket, WB_RUN_ID: 'mine' });
      const process = async (pid: number, run: string, ticks: number) => {
        await mkdir(join(folder, `proc/${pid}`), { recursive: true });
        await writeFile(join(folder, `proc/${pid}/environ`), `HOME=/\0WB_RUN_ID=${run}\0`);
        await writeFile(
          join(folder, `proc/${pid}/stat`),
          `${pid} (a) b) S 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 9 9`,
        );
      };
      for (let minute = 0; minute < 8; minute += 1) {
        await process(10, 'mine', 100 * minute);
        await process(11, 'mine-too', 6000 * minute);
        await reporter.takeSample();
      }
      expect(reports).toEqual([]);
      for (let minute = 8; minute < 13; minute += 1) {
        await process(10, 'mine', 600 * minute);
        await reporter.takeSample();
      }
      expect(kindsReported().at(-1)).toEqual(['busy']);
    });

    it('reports a busy kernel and busy processors at once', async () => {
      jupyter = { ...jupyter, status: 200, body: [kernel('busy', '2026-11-29T08:00:00.000000Z')] };
      const reporter = await Reporter.start({ WB_ACTIVITY_JUPYTER: await listen(respondAsJupyter) });
      await reporter.takeSamples(6, 60);
      expect(kindsReported().at(-1)).toEqual(['ide', 'busy']);
      expect(reports).toHaveLength(6);
    });

    it('asks a program that is not Jupyter once, and one that does not respond again', async () => {
      const reporter = await Reporter.start({ WB_ACTIVITY_JUPYTER: await listen(respondAsJupyter) });
      jupyter.status = 503;
      await reporter.takeSamples(2);
      expect(jupyter.asked).toHaveLength(2);
      jupyter.status = 200;
      await reporter.takeSamples(3);
      expect(jupyter.asked).toHaveLength(3);
      expect(reports).toEqual([]);
    });

    it('waits longer after each failure, at most five minutes, and reports again', async () => {
      jupyter = { ...jupyter, status: 200, body: [kernel('busy', '2026-11-29T08:00:00.000000Z')] };
      const reporter = await Reporter.start({ WB_ACTIVITY_JUPYTER: await listen(respondAsJupyter) });
      apiStatus = 503;
      const attempts: number[] = [];
      for (let minute = 1; minute <= 17; minute += 1) {
        const before = reports.length;
        await reporter.takeSample();
        if (reports.length > before) attempts.push(minute);
      }
      expect(attempts).toEqual([1, 3, 7, 12, 17]);
      apiStatus = 204;
      await reporter.takeSamples(5);
      reports = [];
      await reporter.takeSamples(2);
      expect(reports).toHaveLength(2);
    });

    it('reports the work of a kernel again if the report of it failed', async () => {
      jupyter = { ...jupyter, status: 200, body: [kernel('idle', '2026-11-29T08:00:00.000000Z')] };
      const reporter = await Reporter.start({ WB_ACTIVITY_JUPYTER: await listen(respondAsJupyter) });
      apiStatus = 500;
      await reporter.takeSample();
      apiStatus = 204;
      await reporter.takeSamples(4);
      expect(reports).toHaveLength(2);
    });

    it.skipIf(PYTHON === undefined).each([
      ['curl', CURL ?? ''],
      ['python3', PYTHON ?? ''],
    ])(
      'passes no secret as an argument of %s, which every user of the machine can read',
      async (name, path) => {
        jupyter = { ...jupyter, status: 200, body: [kernel('busy', '2026-11-29T08:00:00.000000Z')] };
        const seen = join(folder, 'arguments');
        const shim = join(folder, `recorded-${name}`);
        await writeFile(shim, `#!/bin/sh\necho "$*" >>${seen}\nexec ${path} "$@"\n`, { mode: 0o755 });
        const environment = { WB_ACTIVITY_JUPYTER: await listen(respondAsJupyter), JUPYTER_TOKEN: 'hidden' };
        const reporter = await Reporter.start(environment, { programs: { ...SYSTEM, [name]: shim } });
        await reporter.takeSample();
        expect(reports).toHaveLength(1);
        const text = await readFile(seen, 'utf8');
        expect(text).toContain('api/kernels');
        expect(text).not.toMatch(/wbrun|hidden/);
      },
    );

    it('ends with the program beside which it was started', async () => {
      const program = spawn('tail', ['-f', '/dev/null']);
      const reporter = await Reporter.start({}, { ends: String(program.pid) });
      await reporter.takeSample();
      program.kill('SIGKILL');
      await once(program, 'exit');
      const ended = once(reporter.process, 'exit');
      await reporter.tick();
      expect(await ended).toEqual([0, null]);
    });
  });

  it('ends at once if the run cannot report', () => {
    const { status, stdout, stderr } = spawnSync('sh', [REPORTER], {
      env: { PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});
