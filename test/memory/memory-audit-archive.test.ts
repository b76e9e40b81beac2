import { describeAuditArchiveContract } from '#test/contracts/audit-archive.ts';
import { MemoryAuditArchive } from './memory-audit-archive.ts';

describeAuditArchiveContract(
  'MemoryAuditArchive',
  async () => {
    const archive = new MemoryAuditArchive();
    return { archive, read: async () => [...archive.files.values()][0] ?? '', dispose: async () => {} };
  },
  10,
);
