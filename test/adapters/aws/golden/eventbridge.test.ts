import { expect, it } from 'vitest';
import { BusEventPublisher } from '#adapters/aws/eventbridge/event-publisher.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { recordingClient } from './recording-client.ts';

it('an event has its bus, the source that the permission allows, the name of its type, its time, and itself as JSON', async () => {
  const { client, sent } = recordingClient({ PutEvents: { Entries: [{ EventId: '1' }, { EventId: '2' }] } });
  const warning = aWorkbenchEvent(1, { time: '2030-01-10T10:00:00.123Z' });
  const drain = aWorkbenchEvent(2, {
    time: '2030-01-10T10:00:01.000Z',
    type: 'drain_announced',
    history_type: 'drain_announced',
    status_detail: 'machine_draining',
  });
  await new BusEventPublisher(client, 'some-bus').publish([warning, drain]);
  expect(sent).toEqual([
    {
      name: 'PutEvents',
      input: {
        Entries: [
          {
            EventBusName: 'some-bus',
            Source: 'workbench-controller',
            DetailType: 'Workbench Idle Warning',
            Time: new Date('2030-01-10T10:00:00.123Z'),
            Detail: JSON.stringify(warning),
          },
          {
            EventBusName: 'some-bus',
            Source: 'workbench-controller',
            DetailType: 'Workbench Drain Announced',
            Time: new Date('2030-01-10T10:00:01.000Z'),
            Detail: JSON.stringify(drain),
          },
        ],
      },
    },
  ]);
});
