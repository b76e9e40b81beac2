import { text } from './setting-kinds.ts';

/** Of the function that publishes workbench events. */
export const EVENT_SETTINGS = {
  WB_EVENT_BUS: text({
    description: 'The bus of EventBridge on which workbench events are published.',
    expected: 'the name of a bus',
    maxLength: 256,
    pattern: /^[\w./-]{1,256}$/,
    required: true,
    readBy: ['publish-events'],
  }),
};
