import type { DeploymentCalls, WorkbenchResponse } from '#tools/deploy/check/calls.ts';

const ID = '01k0000000000000000000000a';

/** How long each status lasts, in polls of two seconds. */
const STARTING = ['starting', 'provisioning', 'provisioning', 'pending'];

/**
 * A deployment in which every check passes. The virtual clock moves only while a check waits. A test replaces methods to
 * let a check fail.
 */
export class FakeDeployment implements DeploymentCalls {
  /** Requests that change something. */
  readonly requests: string[] = [];
  #now = 0;
  /** The statuses that the next polls return; the last one stays. */
  #statuses: string[] = [];

  fileSystems = async () => ['fs-1', 'fs-2'];
  invokeJanitor: DeploymentCalls['invokeJanitor'] = async () => undefined;
  hasEcsRole = async () => true;
  outboundRules: DeploymentCalls['outboundRules'] = async () => [
    { group: 'Gateway', cidr: undefined },
    { group: 'Janitor', cidr: '255.255.255.255/32' },
    { group: 'Janitor', cidr: undefined },
  ];
  findImage: DeploymentCalls['findImage'] = async () => 'sha256:1';
  instances: DeploymentCalls['instances'] = async () => [
    { id: 'i-1', agentVersion: '1.106.0', hasTrunk: true },
  ];
  countTasks = async () => 0;

  async request(method: 'GET' | 'POST' | 'DELETE', path: string, _body?: object): Promise<WorkbenchResponse> {
    if (path === '/health') return { status: 200, item: {} };
    if (method === 'GET') {
      const status = this.#statuses.length > 1 ? this.#statuses.shift() : this.#statuses[0];
      return this.poll(status ?? 'stopped');
    }
    this.requests.push(`${method} ${path}`);
    if (path.includes('/stop?')) this.#statuses = ['stopping', 'stopped'];
    else if (method === 'DELETE') this.#statuses = ['deleting', 'gone'];
    else this.#statuses = [...STARTING, 'running'];
    return method === 'POST' && path.startsWith('/workbenches?')
      ? { status: 201, item: { workbench_id: ID } }
      : { status: 200, item: {} };
  }

  /** Responds to a poll in a status. */
  poll = (status: string): WorkbenchResponse =>
    status === 'gone' ? { status: 404, item: {} } : { status: 200, item: { status } };

  now = () => this.#now;
  wait = async (ms: number) => {
    this.#now += ms;
  };
}
