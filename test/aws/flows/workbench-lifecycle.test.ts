import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { ListContainerInstancesCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startedByOf } from '#adapters/aws/ecs/task-identity.ts';
import { STATIC_KEY } from './environment.ts';
import type { AwsEvent } from './event-bus.ts';
import { type ApiRequest, request, type TestResponse } from './gateway.ts';
import { createInstallation, HOUR_SECONDS, type Installation } from './installation.ts';

const USER = 'ada@example.com';
const QUERY = `user_id=${encodeURIComponent(USER)}`;

/** Which events are delivered. */
const NO_EVENTS = () => false;
const onlyEvents = (detailType: string) => (event: AwsEvent) => event['detail-type'] === detailType;

/** The deployed functions on emulators. */
describe('a workbench', () => {
  let installation: Installation;
  beforeEach(async () => {
    installation = await createInstallation();
  });
  /** The bodies of all responses. */
  let responses: string[] = [];
  afterEach(async () => {
    await installation.end();
    // The id of an access point is what keeps the files of others away.
    for (const text of [...installation.logLines, ...responses]) expect(text).not.toContain('fsap-');
    responses = [];
  });

  const call = async (method: 'GET' | 'POST' | 'DELETE', target: string, options?: ApiRequest) => {
    const response = await request(method, target, STATIC_KEY, options);
    responses.push(JSON.stringify(response.body));
    return response;
  };
  const poll = (wid: string) => call('GET', `/workbenches/${wid}?${QUERY}`);
  const act = (wid: string, action: string) => call('POST', `/workbenches/${wid}/${action}?${QUERY}`);

  function create(body: object): Promise<TestResponse> {
    const headers = { 'idempotency-key': 'iris' };
    return call('POST', `/workbenches?${QUERY}`, { headers, body: { workbench_name: 'Iris', ...body } });
  }
  async function createWorkbench(body: object = {}): Promise<string> {
    const { status, headers, body: response } = await create(body);
    const { workbench_id: wid } = response.item;
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: `/workbenches/${wid}?${QUERY}`, 'retry-after': '2' });
    expect(response.item).toMatchObject({ user_id: USER, workbench_name: 'Iris', status: 'starting' });
    return wid;
  }
  async function waitForStatus(
    wid: string,
    status: string,
    isDelivered?: (event: AwsEvent) => boolean,
  ): Promise<void> {
    const hasStatus = async () => (await poll(wid)).body.item.status === status;
    await installation.until(`${wid} is ${status}`, hasStatus, isDelivered);
  }
  async function deleteWorkbench(wid: string): Promise<void> {
    expect(await call('DELETE', `/workbenches/${wid}?${QUERY}`)).toMatchObject({ status: 200 });
    await installation.until(`${wid} is gone`, async () => (await poll(wid)).status === 404);
  }
  async function expectOneTask() {
    const tasks = await installation.liveTasks();
    expect(tasks).toHaveLength(1);
    return tasks[0];
  }
  async function expectNothingLeft(wid: string): Promise<void> {
    expect(await installation.liveTasks()).toEqual([]);
    expect(await installation.accessPoints()).toEqual([]);
    expect(await installation.directories()).toEqual([]);
    expect(await installation.itemsOf(wid)).toEqual([]);
    await installation.runDayOfSweeps(wid);
    expect(await installation.activeDefinitions(wid)).toEqual([]);
    expect(installation.errors).toEqual([]);
  }

  it('is created on a shared instance, stopped, started again and deleted, and leaves nothing behind', async () => {
    const instance = await installation.moto.launchInstance('small');
    const wid = await createWorkbench({ requested_memory: 1024 });
    await waitForStatus(wid, 'running');
    const first = await expectOneTask();
    expect(first).toMatchObject({
      group: `workbench/${wid}`,
      startedBy: startedByOf(USER),
      capacityProviderName: 'small',
      overrides: { memory: '1024' },
    });
    expect(await installation.directories()).toEqual([wid]);
    expect(await create({ requested_memory: 1024 })).toMatchObject({
      status: 200,
      body: { item: { workbench_id: wid, status: 'running' } },
    });

    expect(await act(wid, 'stop')).toMatchObject({ status: 200 });
    await waitForStatus(wid, 'stopped');
    expect(await installation.liveTasks()).toEqual([]);
    expect(await installation.directories()).toEqual([wid]);
    expect((await poll(wid)).body.item).not.toHaveProperty('status_reason');

    expect(await act(wid, 'start')).toMatchObject({ status: 200 });
    await waitForStatus(wid, 'running');
    const second = await expectOneTask();
    expect(second?.taskArn).not.toBe(first?.taskArn);
    expect(second?.taskDefinitionArn).toBe(first?.taskDefinitionArn);
    expect(await installation.accessPoints()).toMatchObject([
      { AccessPointId: expect.stringMatching(/^fsap-/) },
    ]);

    await deleteWorkbench(wid);
    await expectNothingLeft(wid);
    expect((await installation.liveInstances()).map(({ InstanceId }) => InstanceId)).toEqual([instance]);
  });

  it('starts, stops and terminates its host together with its task', async () => {
    const wid = await createWorkbench({ allocated_instance_type: 'm5.large' });
    await waitForStatus(wid, 'running');
    const { allocated_instance_id: instanceId } = (await poll(wid)).body.item;
    const host = async () =>
      (await installation.liveInstances()).map(({ InstanceId, State }) => [InstanceId, State?.Name]);
    expect(await host()).toEqual([[instanceId, 'running']]);
    expect(await expectOneTask()).toMatchObject({ launchType: 'EC2', group: `workbench/${wid}` });

    await act(wid, 'stop');
    await waitForStatus(wid, 'stopped');
    expect(await installation.liveTasks()).toEqual([]);
    expect(await host()).toEqual([[instanceId, 'stopped']]);

    await act(wid, 'start');
    await waitForStatus(wid, 'running');
    await expectOneTask();
    expect(await host()).toEqual([[instanceId, 'running']]);

    await deleteWorkbench(wid);
    expect(await host()).toEqual([]);
    const { ecs, cluster } = installation.moto;
    const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
    expect(containerInstanceArns).toEqual([]);
    await expectNothingLeft(wid);
  });

  it('reaches its desired state without a single event', async () => {
    await installation.moto.launchInstance('small');
    const wid = await createWorkbench();
    await waitForStatus(wid, 'running', NO_EVENTS);
    await act(wid, 'stop');
    await waitForStatus(wid, 'stopped', NO_EVENTS);
    expect(await installation.liveTasks()).toEqual([]);
    expect(installation.errors).toEqual([]);
  });

  it('is stopped by the event of a task that stopped', async () => {
    await installation.moto.launchInstance('small');
    const wid = await createWorkbench();
    await waitForStatus(wid, 'running');
    const { ecs, cluster } = installation.moto;
    await ecs.send(new StopTaskCommand({ cluster, task: (await expectOneTask())?.taskArn }));
    await installation.advance(HOUR_SECONDS);
    expect((await poll(wid)).body.item.status).toBe('running');
    await waitForStatus(wid, 'stopped', onlyEvents('ECS Task State Change'));
    expect((await poll(wid)).body.item).toMatchObject({
      desired_status: 'stopped',
      // ECS would report a stop code; moto does not.
      status_reason: { code: 'task_lost' },
    });
  });

  it.each(['EC2 Instance State-change Notification', 'ECS Container Instance State Change'])(
    'is stopped by the event "%s" of its terminated host',
    async (detailType) => {
      const wid = await createWorkbench({ allocated_instance_type: 'm5.large' });
      await waitForStatus(wid, 'running');
      const { allocated_instance_id: instanceId } = (await poll(wid)).body.item;
      await installation.moto.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      await installation.advance(HOUR_SECONDS);
      expect((await poll(wid)).body.item.status).toBe('running');
      await waitForStatus(wid, 'stopped', onlyEvents(detailType));
      expect((await poll(wid)).body.item).toMatchObject({ status_reason: { code: 'instance_lost' } });
    },
  );

  it('is not changed by any sweep while it runs; every sweep writes a report', async () => {
    await installation.moto.launchInstance('small');
    const wid = await createWorkbench();
    await waitForStatus(wid, 'running');
    const task = await expectOneTask();
    await installation.runDayOfSweeps(wid);
    expect(await expectOneTask()).toMatchObject({ taskArn: task?.taskArn });
    expect((await poll(wid)).body.item).toMatchObject({ status: 'running' });
    expect(await installation.activeDefinitions(wid)).toEqual([task?.taskDefinitionArn]);
    const { items: reports } = (await call('GET', '/reports/reconcile')).body;
    const sweeps = new Set(reports.map(({ sweep }: { sweep: string }) => sweep));
    expect(sweeps).toEqual(new Set(['active', 'tasks', 'hosts', 'volumes', 'cluster', 'quotas']));
    const untouched = {
      repaired: 0,
      deleted: 0,
      quarantined: 0,
      failed: 0,
      deletion_limit_exceeded: false,
      findings: [],
    };
    // Agents of moto have version 1.0.0.
    const outdated = { result: 'agent_outdated', id: expect.any(String), reason: expect.any(String) };
    for (const report of reports) {
      const findings = report.sweep === 'cluster' ? report.findings.map(() => outdated) : [];
      expect(report).toMatchObject({ ...untouched, findings });
    }
    expect(installation.errors).toEqual([]);
  });

  it('loses its task and has its files in quarantine if its record is lost', async () => {
    await installation.moto.launchInstance('small');
    const wid = await createWorkbench();
    await waitForStatus(wid, 'running');
    await installation.loseRecord({ userId: USER, workbenchId: wid });
    // The grace period of a volume is a day, so the sweep quarantines it on the second day.
    await installation.runDayOfSweeps(wid);
    await installation.runDayOfSweeps(wid);
    expect(await installation.liveTasks()).toEqual([]);
    expect(await installation.directories()).toEqual([]);
    expect(await installation.accessPoints()).toEqual([]);
    expect(await installation.quarantined(wid)).toEqual(['project']);
    expect(installation.logLines).toContainEqual(expect.stringContaining('quarantined'));
  });

  it('is not created with a wrong key', async () => {
    const target = `/workbenches?${QUERY}`;
    expect(await request('POST', target, 'another-key', { body: {} })).toMatchObject({ status: 403 });
    await installation.settle();
    expect((await call('GET', target)).body).toMatchObject({ items: [] });
  });
});
