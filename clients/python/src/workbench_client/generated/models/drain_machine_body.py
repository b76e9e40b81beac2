from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DrainMachineBody")


@_attrs_define
class DrainMachineBody:
    """
    Attributes:
        by (datetime.datetime | Unset): When the workbenches on the machine are stopped. A time in the past stops them
            at once. Without it each workbench runs until its next stop.
    """

    by: datetime.datetime | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        by: str | Unset = UNSET
        if not isinstance(self.by, Unset):
            by = self.by.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if by is not UNSET:
            field_dict["by"] = by

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _by = d.pop("by", UNSET)
        by: datetime.datetime | Unset
        if isinstance(_by, Unset):
            by = UNSET
        else:
            by = datetime.datetime.fromisoformat(_by)

        drain_machine_body = cls(
            by=by,
        )

        return drain_machine_body
