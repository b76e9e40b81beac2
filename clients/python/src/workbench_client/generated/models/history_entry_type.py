from enum import Enum


class HistoryEntryType(str, Enum):
    CREATED = "created"
    DELETE_REQUESTED = "delete_requested"
    DRAIN_ANNOUNCED = "drain_announced"
    DRAIN_CANCELLED = "drain_cancelled"
    EXTENDED = "extended"
    FILES_DELETED = "files_deleted"
    GATE_SILENT = "gate_silent"
    HOST_REPLACED = "host_replaced"
    IDLE_WARNED = "idle_warned"
    IDLE_WARNING_ENDED = "idle_warning_ended"
    INTERRUPTION_NOTICED = "interruption_noticed"
    OFFER_WITHDRAWN = "offer_withdrawn"
    ORPHAN_HOST_TERMINATED = "orphan_host_terminated"
    OWNER_CHANGED = "owner_changed"
    OWNER_OFFERED = "owner_offered"
    PROCESSES_MAY_REMAIN = "processes_may_remain"
    REPAIRED = "repaired"
    RESTARTED_AFTER_INTERRUPTION = "restarted_after_interruption"
    RESTART_REQUESTED = "restart_requested"
    RESTORED = "restored"
    RETENTION_WARNED = "retention_warned"
    SCHEDULE_MISSED = "schedule_missed"
    SCHEDULE_REFUSED = "schedule_refused"
    SCHEDULE_STARTED = "schedule_started"
    SCHEDULE_WARNED = "schedule_warned"
    START_REQUESTED = "start_requested"
    START_RETRIED = "start_retried"
    STATUS_CHANGED = "status_changed"
    STOP_REQUESTED = "stop_requested"
    STOP_WARNED = "stop_warned"
    UNEXPECTED_TASK_FOUND = "unexpected_task_found"
    UNEXPECTED_TASK_STOPPED = "unexpected_task_stopped"
    UNKNOWN = "unknown"
    UPDATED = "updated"

    @classmethod
    def _missing_(cls, value: object) -> "HistoryEntryType | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
