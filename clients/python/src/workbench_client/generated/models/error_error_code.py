from enum import Enum


class ErrorErrorCode(str, Enum):
    CANNOT_FIT = "cannot_fit"
    DELETING = "deleting"
    DRAINING = "draining"
    FORBIDDEN = "forbidden"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    INTERNAL = "internal"
    INVALID_REQUEST = "invalid_request"
    LINK_NOT_FOUND = "link_not_found"
    MACHINE_NOT_FOUND = "machine_not_found"
    NOT_DELETED = "not_deleted"
    NOT_RUNNING = "not_running"
    NOT_STOPPED = "not_stopped"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    QUOTA_EXCEEDED = "quota_exceeded"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    WORKBENCH_DELETED = "workbench_deleted"
    WORKBENCH_NOT_FOUND = "workbench_not_found"

    @classmethod
    def _missing_(cls, value: object) -> "ErrorErrorCode | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
