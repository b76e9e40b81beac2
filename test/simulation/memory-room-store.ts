import { type MachineRoom, ROOM_KEPT_MS, ROOM_LISTED, type RoomStore } from '#core/ports/room-store.ts';

/** Room in memory. */
export class MemoryRoomStore implements RoomStore {
  /** By machine: its last word. */
  readonly #words = new Map<string, { version: number; at: number; room?: MachineRoom }>();

  async note(room: MachineRoom): Promise<void> {
    this.#hear(room, structuredClone(room));
  }

  async forget(machine: Pick<MachineRoom, 'machineId' | 'version' | 'at'>): Promise<void> {
    this.#hear(machine);
  }

  async list(now: number): Promise<readonly MachineRoom[]> {
    const listed: MachineRoom[] = [];
    for (const [machineId, { at, room }] of this.#words) {
      if (at + ROOM_KEPT_MS <= now) this.#words.delete(machineId);
      else if (room !== undefined && listed.length < ROOM_LISTED) listed.push(structuredClone(room));
    }
    return listed;
  }

  #hear(
    { machineId, version, at }: Pick<MachineRoom, 'machineId' | 'version' | 'at'>,
    room?: MachineRoom,
  ): void {
    const before = this.#words.get(machineId);
    if (before !== undefined && before.version >= version) return;
    this.#words.set(machineId, { version, at, ...(room === undefined ? {} : { room }) });
  }
}
