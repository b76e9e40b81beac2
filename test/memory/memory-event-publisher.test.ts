import { describeEventPublisherContract } from '#test/contracts/event-publisher.ts';
import { MemoryEventPublisher } from './memory-event-publisher.ts';

describeEventPublisherContract('MemoryEventPublisher', async () => {
  const publisher = new MemoryEventPublisher();
  return {
    publisher,
    received: async () => publisher.published,
    breakDown: async () => {
      publisher.isBroken = true;
    },
    dispose: async () => {},
  };
});
