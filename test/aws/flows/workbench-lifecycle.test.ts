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

/** Which events arrive. */
const NO_EVENTS = () => false;
const onlyEvents = (kind: string) => (event: AwsEvent) => event['detail-type'] === kind;

/** The functions as they are deployed, on emulators that know nothing of them. */
describe('a workbench', () => {
  let here: Installation;
  beforeEach(async () => {
    here = await createInstallation();
  });
  afterEach(() => here.end());

  const ask = (method: 'GET' | 'POST' | 'DELETE', target: string, more?: ApiRequest) =>
    request(method, target, STATIC_KEY, more);
  const poll = (wid: string) => ask('GET', `/workbenches/${wid}?${QUERY}`);
  const act = (wid: string, action: string) => ask('POST', `/workbenches/${wid}/${action}?${QUERY}`);

  function create(body: object): Promise<TestResponse> {
    const headers = { 'idempotency-key': 'iris' };
    return ask('POST', `/workbenches?${QUERY}`, { headers, body: { workbench_name: 'Iris', ...body } });
  }
  async function createWorkbench(body: object = {}): Promise<string> {
    const { status, headers, body: answer } = await create(body);
    const { workbench_id: wid } = answer.item;
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: `/workbenches/${wid}?${QUERY}`, 'retry-after': '2' });
    expect(answer.item).toMatchObject({ user_id: USER, workbench_name: 'Iris', status: 'starting' });
    return wid;
  }
  async function reaches(wid: string, status: string, arrives?: (event: AwsEvent) => boolean): Promise<void> {
    const is = async () => (await poll(wid)).body.item.status === status;
    await here.until(`${wid} is ${status}`, is, arrives);
  }
  async function deleteWorkbench(wid: string): Promise<void> {
    expect(await ask('DELETE', `/workbenches/${wid}?${QUERY}`)).toMatchObject({ status: 200 });
    await here.until(`${wid} is gone`, async () => (await poll(wid)).status === 404);
  }
  async function oneTask() {
    const tasks = await here.liveTasks();
    expect(tasks).toHaveLength(1);
    return tasks[0];
  }
  async function expectNothingLeft(wid: string): Promise<void> {
    expect(await here.liveTasks()).toEqual([]);
    expect(await here.accessPoints()).toEqual([]);
    expect(await here.directories()).toEqual([]);
    expect(await here.itemsOf(wid)).toEqual([]);
    await here.runDayOfSweeps(wid);
    expect(await here.activeDefinitions(wid)).toEqual([]);
    expect(here.errors).toEqual([]);
  }

  it('on a shared machine is created, runs, stops, runs again, is destroyed, and leaves nothing behind', async () => {
    const machine = await here.moto.launchInstance('small');
    const wid = await createWorkbench({ requested_memory: 1024 });
    await reaches(wid, 'running');
    const first = await oneTask();
    expect(first).toMatchObject({
      group: `workbench/${wid}`,
      startedBy: startedByOf(USER),
      capacityProviderName: 'small',
      overrides: { memory: '1024' },
    });
    expect(await here.directories()).toEqual([wid]);
    expect(await create({ requested_memory: 1024 })).toMatchObject({
      status: 200,
      body: { item: { workbench_id: wid, status: 'running' } },
    });

    expect(await act(wid, 'stop')).toMatchObject({ status: 200 });
    await reaches(wid, 'stopped');
    expect(await here.liveTasks()).toEqual([]);
    expect(await here.directories()).toEqual([wid]);
    expect((await poll(wid)).body.item).not.toHaveProperty('status_reason');

    expect(await act(wid, 'start')).toMatchObject({ status: 200 });
    await reaches(wid, 'running');
    const second = await oneTask();
    expect(second?.taskArn).not.toBe(first?.taskArn);
    expect(second?.taskDefinitionArn).toBe(first?.taskDefinitionArn);
    expect(await here.accessPoints()).toHaveLength(1);

    await deleteWorkbench(wid);
    await expectNothingLeft(wid);
    expect((await here.liveInstances()).map(({ InstanceId }) => InstanceId)).toEqual([machine]);
  });

  it('with a machine of its own has it started, stopped and terminated with it', async () => {
    const wid = await createWorkbench({ allocated_instance_type: 'm5.large' });
    await reaches(wid, 'running');
    const { allocated_instance_id: instanceId } = (await poll(wid)).body.item;
    const machine = async () =>
      (await here.liveInstances()).map(({ InstanceId, State }) => [InstanceId, State?.Name]);
    expect(await machine()).toEqual([[instanceId, 'running']]);
    expect(await oneTask()).toMatchObject({ launchType: 'EC2', group: `workbench/${wid}` });

    await act(wid, 'stop');
    await reaches(wid, 'stopped');
    expect(await here.liveTasks()).toEqual([]);
    expect(await machine()).toEqual([[instanceId, 'stopped']]);

    await act(wid, 'start');
    await reaches(wid, 'running');
    await oneTask();
    expect(await machine()).toEqual([[instanceId, 'running']]);

    await deleteWorkbench(wid);
    expect(await machine()).toEqual([]);
    const { ecs, cluster } = here.moto;
    const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
    expect(containerInstanceArns).toEqual([]);
    await expectNothingLeft(wid);
  });

  it('gets where it is wanted without a single event', async () => {
    await here.moto.launchInstance('small');
    const wid = await createWorkbench();
    await reaches(wid, 'running', NO_EVENTS);
    await act(wid, 'stop');
    await reaches(wid, 'stopped', NO_EVENTS);
    expect(await here.liveTasks()).toEqual([]);
    expect(here.errors).toEqual([]);
  });

  it('whose task ends by itself stops, as an event tells', async () => {
    await here.moto.launchInstance('small');
    const wid = await createWorkbench();
    await reaches(wid, 'running');
    const { ecs, cluster } = here.moto;
    await ecs.send(new StopTaskCommand({ cluster, task: (await oneTask())?.taskArn }));
    await here.pass(HOUR_SECONDS);
    expect((await poll(wid)).body.item.status).toBe('running');
    await reaches(wid, 'stopped', onlyEvents('ECS Task State Change'));
    expect((await poll(wid)).body.item).toMatchObject({
      desired_status: 'stopped',
      // ECS would say why; moto gives no stop code.
      status_reason: { code: 'task_lost' },
    });
  });

  it.each(['EC2 Instance State-change Notification', 'ECS Container Instance State Change'])(
    'whose own machine is terminated stops, as "%s" tells',
    async (kind) => {
      const wid = await createWorkbench({ allocated_instance_type: 'm5.large' });
      await reaches(wid, 'running');
      const { allocated_instance_id: instanceId } = (await poll(wid)).body.item;
      await here.moto.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      await here.pass(HOUR_SECONDS);
      expect((await poll(wid)).body.item.status).toBe('running');
      await reaches(wid, 'stopped', onlyEvents(kind));
      expect((await poll(wid)).body.item).toMatchObject({ status_reason: { code: 'instance_lost' } });
    },
  );

  it('that runs is left in peace by every sweep, which report what they saw', async () => {
    await here.moto.launchInstance('small');
    const wid = await createWorkbench();
    await reaches(wid, 'running');
    const task = await oneTask();
    await here.runDayOfSweeps(wid);
    expect(await oneTask()).toMatchObject({ taskArn: task?.taskArn });
    expect((await poll(wid)).body.item).toMatchObject({ status: 'running' });
    expect(await here.activeDefinitions(wid)).toEqual([task?.taskDefinitionArn]);
    const { items: reports } = (await ask('GET', '/reports/reconcile')).body;
    const sweeps = new Set(reports.map(({ sweep }: { sweep: string }) => sweep));
    expect(sweeps).toEqual(new Set(['active', 'tasks', 'hosts', 'volumes', 'cluster']));
    const untouched = { repaired: 0, deleted: 0, quarantined: 0, failed: 0, alarm: false, findings: [] };
    for (const report of reports) expect(report).toMatchObject(untouched);
    expect(here.errors).toEqual([]);
  });

  it('whose record is lost has its task stopped, and its files set aside', async () => {
    await here.moto.launchInstance('small');
    const wid = await createWorkbench();
    await reaches(wid, 'running');
    await here.loseRecord({ userId: USER, workbenchId: wid });
    // A volume is left alone for a day, and looked at once in the next.
    await here.runDayOfSweeps(wid);
    await here.runDayOfSweeps(wid);
    expect(await here.liveTasks()).toEqual([]);
    expect(await here.directories()).toEqual([]);
    expect(await here.accessPoints()).toEqual([]);
    expect(await here.setAside(wid)).toEqual(['project']);
  });

  it('is not made for whoever has the wrong key', async () => {
    const target = `/workbenches?${QUERY}`;
    expect(await request('POST', target, 'another-key', { body: {} })).toMatchObject({ status: 403 });
    await here.settle();
    expect((await ask('GET', target)).body).toMatchObject({ items: [] });
  });
});
