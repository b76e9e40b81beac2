import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closeServer, isPortInUse, listen } from '#adapters/http-server/listen.ts';
import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import type { LocalGateSettings } from '#gate/ipc/messages.ts';
import { GateProcess } from '#local/gate-process.ts';
import { GateRequests } from '#local/gate-requests.ts';
import { ID, stopped } from '#test/builders/workbench.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openBackend, runningAt } from '#test/gate/open-proxy.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';

/** Starts the real gate in a process. `read` is what the controller knows of the workbench ID. */
function openGate(
  read: () => Promise<Workbench | undefined> = async () => undefined,
  settings: Partial<LocalGateSettings> = {},
  timers: Timers = systemTimers,
) {
  const telemetry = new TelemetryRecorder();
  const workbenches = {
    async findByWorkbenchId(): Promise<WorkbenchKey | undefined> {
      const workbench = await read();
      return workbench === undefined ? undefined : keyOf(workbench);
    },
    read,
    async listActive() {
      const workbench = await read();
      return { keys: workbench === undefined ? [] : [keyOf(workbench)] };
    },
  };
  const gate = new GateProcess({
    settings: {
      bindAddress: '127.0.0.1',
      hostname: '127.0.0.1',
      addressMode: 'prefix',
      look: DEFAULT_LOOK,
      organisationShares: false,
      startsOnVisit: false,
      stopNotice: true,
      guard: { hosts: [], origins: [] },
      ...settings,
    },
    requests: new GateRequests({ ...memoryStores(), workbenches }, telemetry),
    timers,
    telemetry,
  });
  onTestFinished(() => gate.close(0));
  return { gate, telemetry };
}

/** The timers of a process that is paused for most of the time: what became due meanwhile runs once, after the pause. */
class PausedTimers implements Timers {
  #now = 0;
  readonly #scheduled = new Map<() => void, number>();
  fired = 0;

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    this.#scheduled.set(action, this.#now + ms);
    return () => this.#scheduled.delete(action);
  }

  pauseFor(ms: number): void {
    this.#now += ms;
    for (const [action, at] of [...this.#scheduled]) {
      if (at > this.#now) continue;
      this.#scheduled.delete(action);
      this.fired += 1;
      action();
    }
  }
}

async function request(port: number, path: string) {
  const headers = { accept: 'text/html' };
  const message = get({ host: '127.0.0.1', port, path, headers, agent: false });
  const [response] = await once(message, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode as number, body: Buffer.concat(chunks).toString() };
}

describe('the process of the gate', () => {
  it('responds to another proxy at its port, and holds neither port when the other is in use', async () => {
    const backend = await openBackend((_, response) => response.end());
    const taken = await openBackend((_, response) => response.end());
    const proxy = (port: number): Partial<LocalGateSettings> => ({
      addressMode: 'host',
      baseUrl: 'http://localhost:8000',
      proxy: { kind: 'traefik', port },
    });
    const { gate } = openGate(async () => runningAt(backend.url), proxy(taken.port));
    await expect(gate.listen(0)).rejects.toThrow('WB_GATE_PROXY_PORT');
    await closeServer(taken.server, 0);
    const port = await gate.listen(0);
    const { status, body } = await request(taken.port, '/routes');
    expect([status, Object.keys(JSON.parse(body).http.services)]).toEqual([200, ['gate', ID]]);
    expect(JSON.parse(body).http.services.gate.loadBalancer.servers).toEqual([
      { url: `http://127.0.0.1:${port}` },
    ]);
  });

  it('forwards requests to the address that the controller has for the workbench', async () => {
    const backend = await openBackend((message, response) => response.end(`sent ${message.url}`));
    const { gate } = openGate(async () => runningAt(backend.url));
    const port = await gate.listen(0);
    expect(await request(port, `/project/${ID}/a?b`)).toEqual({ status: 200, body: 'sent /a?b' });
  });

  it('gets no variable of the controller but a few, and nothing in its arguments', async () => {
    process.env.RESTAPI_AUTH_STATIC_KEY = 'a-secret-of-the-test';
    onTestFinished(() => {
      delete process.env.RESTAPI_AUTH_STATIC_KEY;
    });
    const { gate } = openGate();
    await gate.listen(0);
    const environment = await readFile(`/proc/${gate.pid}/environ`, 'latin1');
    const names = environment.split('\0').map((variable) => variable.split('=')[0]);
    expect(names).toContain('NODE_CHANNEL_FD');
    expect(names).not.toContain('RESTAPI_AUTH_STATIC_KEY');
    expect(names).not.toContain('HOME');
    expect(await readFile(`/proc/${gate.pid}/cmdline`, 'latin1')).toMatch(
      /--[\w-]+=\d+\0\S*gate\/main\.ts\0$/,
    );
  });

  it('has no descriptor of a file of the controller', async () => {
    const { gate } = openGate();
    await gate.listen(0);
    const own = new Set(await namesOfOpenFiles(process.pid));
    const shared = (await namesOfOpenFiles(gate.pid ?? 0)).filter((name) => own.has(name));
    expect(shared.filter((name) => !/^(\/dev\/|anon_inode:|pipe:|socket:)/.test(name))).toEqual([]);
  });

  it('reports a port that is in use, and listens on another one then', async () => {
    const other = createServer();
    const used = await listen(other, '127.0.0.1', 0, 'PORT');
    onTestFinished(() => closeServer(other, 0));
    const { gate } = openGate();
    const error = await gate.listen(used).catch((reason: unknown) => reason);
    expect(isPortInUse(error)).toBe(true);
    expect(error).toHaveProperty('message', expect.stringContaining('WB_WORKBENCH_PORT'));
    const { pid } = gate;
    expect(await gate.listen(0)).not.toBe(used);
    expect(gate.pid).toBe(pid);
  });

  it('that was killed is started again on its port', async () => {
    const { gate, telemetry } = openGate(async () => stopped());
    const port = await gate.listen(0);
    const { pid } = gate;
    process.kill(pid ?? 0, 'SIGKILL');
    await untilLogged(telemetry, 'the gate was started again');
    expect(gate.pid).not.toBe(pid);
    const { body } = await request(port, `/project/${ID}/`);
    expect(body).toContain('stopped');
    expect(telemetry.lines).toEqual([
      {
        level: 'error',
        message: 'the gate ended and is started again',
        fields: { exit: 'SIGKILL' },
      },
      { level: 'info', message: 'the gate was started again', fields: { port } },
    ]);
  });

  it('that hangs is killed and started again', async () => {
    const clock = new ManualClock();
    const { gate, telemetry } = openGate(async () => stopped(), {}, clock);
    const port = await gate.listen(0);
    const { pid } = gate;
    process.kill(pid ?? 0, 'SIGSTOP');
    const hasLine = (message: string) => telemetry.lines.some((line) => line.message === message);
    await eventually(waitRealStep, 'the gate is killed', () => {
      if (!hasLine('the gate does not respond and is killed')) clock.advance(2_000);
      return hasLine('the gate ended and is started again');
    });
    clock.advance(100);
    await untilLogged(telemetry, 'the gate was started again');
    expect(gate.pid).not.toBe(pid);
    expect((await request(port, `/project/${ID}/`)).body).toContain('stopped');
    expect(telemetry.lines[0]).toMatchObject({ level: 'error', fields: { pid } });
  });

  it('that got SIGTERM responds until it is replaced, after the time in which the controller would end it', async () => {
    const clock = new ManualClock();
    let respond = () => {};
    const backend = await openBackend((_message, response) => {
      respond = () => response.end('late');
    });
    const { gate, telemetry } = openGate(async () => runningAt(backend.url), {}, clock);
    const port = await gate.listen(0);
    const { pid } = gate;
    const response = request(port, `/project/${ID}/`);
    await once(backend.server, 'request');
    const { scheduledCount } = clock;
    process.kill(pid ?? 0, 'SIGTERM');
    await eventually(waitRealStep, 'SIGTERM is reported', () => clock.scheduledCount > scheduledCount);
    clock.advance(4_999);
    expect(gate.pid).toBe(pid);
    clock.advance(1);
    respond();
    expect(await response).toEqual({ status: 200, body: 'late' });
    await untilLogged(telemetry, 'the gate ended and is started again');
    clock.advance(100);
    await untilLogged(telemetry, 'the gate was started again');
    expect(gate.pid).not.toBe(pid);
    expect(telemetry.lines[0]).toMatchObject({ fields: { exit: 'code 0' } });
  });

  it('is not killed while only the controller was paused, or the whole computer', async () => {
    const timers = new PausedTimers();
    const { gate, telemetry } = openGate(async () => stopped(), {}, timers);
    const port = await gate.listen(0);
    const { pid } = gate;
    for (let pauses = 0; pauses < 10; pauses += 1) {
      timers.pauseFor(3_600_000);
      // The gate reads the record by a message, after the ping.
      expect((await request(port, `/project/${ID}/`)).body).toContain('stopped');
    }
    expect(timers.fired).toBeGreaterThanOrEqual(10);
    expect(gate.pid).toBe(pid);
    expect(telemetry.lines).toEqual([]);
  });

  it('is tried again while another program uses its port', async () => {
    const { gate, telemetry } = openGate();
    const port = await gate.listen(0);
    process.kill(gate.pid ?? 0, 'SIGKILL');
    await untilLogged(telemetry, 'the gate ended and is started again');
    const other = createServer();
    await listen(other, '127.0.0.1', port, 'PORT');
    await untilLogged(telemetry, 'the gate could not be started again');
    await closeServer(other, 0);
    await untilLogged(telemetry, 'the gate was started again');
    expect((await request(port, '/')).status).toBe(200);
  });

  it('ends with the controller, and not before it has responded', async () => {
    let respond = () => {};
    const backend = await openBackend((_message, response) => {
      respond = () => response.end('late');
    });
    const { gate, telemetry } = openGate(async () => runningAt(backend.url));
    const port = await gate.listen(0);
    const { pid } = gate;
    const response = request(port, `/project/${ID}/`);
    await once(backend.server, 'request');
    const closed = gate.close(10_000);
    respond();
    expect(await response).toEqual({ status: 200, body: 'late' });
    await closed;
    expect(gate.pid).toBeUndefined();
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
    expect(telemetry.lines).toEqual([]);
  });

  it('is killed if it does not end in time', async () => {
    const { gate } = openGate();
    await gate.listen(0);
    const { pid } = gate;
    process.kill(pid ?? 0, 'SIGSTOP');
    await gate.close(0);
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });
});

async function untilLogged({ lines }: TelemetryRecorder, text: string): Promise<void> {
  await eventually(waitRealStep, text, () => lines.some(({ message }) => message === text));
}

async function namesOfOpenFiles(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return names.filter((name) => name !== '');
}
