from enum import Enum


class ListAuditResponse200ItemsItemSubjectKind(str, Enum):
    GROUP = "group"
    LINK = "link"
    MACHINE = "machine"
    ORGANISATION = "organisation"
    SWEEP = "sweep"
    UNKNOWN = "unknown"
    USER = "user"

    @classmethod
    def _missing_(
        cls, value: object
    ) -> "ListAuditResponse200ItemsItemSubjectKind | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
