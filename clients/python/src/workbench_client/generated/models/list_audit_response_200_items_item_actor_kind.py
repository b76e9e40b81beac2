from enum import Enum


class ListAuditResponse200ItemsItemActorKind(str, Enum):
    CLIENT = "client"
    LOCAL = "local"
    NONE = "none"
    STATIC_KEY = "static_key"
    UNKNOWN = "unknown"
    USER = "user"

    @classmethod
    def _missing_(
        cls, value: object
    ) -> "ListAuditResponse200ItemsItemActorKind | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
