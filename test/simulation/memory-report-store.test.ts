import { describeReportStoreContract } from '#test/contracts/report-store.ts';
import { MemoryReportStore } from './memory-report-store.ts';

describeReportStoreContract('memory', async () => ({
  store: new MemoryReportStore(),
  dispose: async () => {},
}));
