import { type MachineRoom, ROOM_KEPT_MS, ROOM_LISTED, type RoomStore } from '#core/ports/free-capacity-store.ts';

/** Room in memory. */
export class MemoryRoomStore implements RoomStore {
  /** By machine: its last word. */
  readonly #reports = new Map<string, { version: number; at: number; room?: MachineRoom }>();

  async save(room: MachineRoom): Promise<void> {
    this.#record(room, structuredClone(room));
  }

  async remove(machine: Pick<MachineRoom, 'machineId' | 'version' | 'at'>): Promise<void> {
    this.#record(machine);
  }

  async list(now: number): Promise<readonly MachineRoom[]> {
    const listed: MachineRoom[] = [];
    for (const [machineId, { at, room }] of this.#reports) {
      if (at + ROOM_KEPT_MS <= now) this.#reports.delete(machineId);
      else if (room !== undefined && listed.length < ROOM_LISTED) listed.push(structuredClone(room));
    }
    return listed;
  }

  #record(
    { machineId, version, at }: Pick<MachineRoom, 'machineId' | 'version' | 'at'>,
    room?: MachineRoom,
  ): void {
    const before = this.#reports.get(machineId);
    if (before !== undefined && before.version >= version) return;
    this.#reports.set(machineId, { version, at, ...(room === undefined ? {} : { room }) });
  }
}
