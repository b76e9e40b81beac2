from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="DrainMachineResponse200Item")


@_attrs_define
class DrainMachineResponse200Item:
    """
    Attributes:
        since (datetime.datetime): ISO 8601, UTC, with milliseconds.
        requested_by (str): The operator.
        machine_id (str):
        until (datetime.datetime | Unset): When the workbenches on it are stopped. Absent: each at its next stop.
    """

    since: datetime.datetime
    requested_by: str
    machine_id: str
    until: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        since = self.since.isoformat()

        requested_by = self.requested_by

        machine_id = self.machine_id

        until: str | Unset = UNSET
        if not isinstance(self.until, Unset):
            until = self.until.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "since": since,
                "requested_by": requested_by,
                "machine_id": machine_id,
            }
        )
        if until is not UNSET:
            field_dict["until"] = until

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        since = datetime.datetime.fromisoformat(d.pop("since"))

        requested_by = d.pop("requested_by")

        machine_id = d.pop("machine_id")

        _until = d.pop("until", UNSET)
        until: datetime.datetime | Unset
        if isinstance(_until, Unset):
            until = UNSET
        else:
            until = datetime.datetime.fromisoformat(_until)

        drain_machine_response_200_item = cls(
            since=since,
            requested_by=requested_by,
            machine_id=machine_id,
            until=until,
        )

        drain_machine_response_200_item.additional_properties = d
        return drain_machine_response_200_item

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
