from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="DeleteWorkbenchResponse200")


@_attrs_define
class DeleteWorkbenchResponse200:
    """
    Attributes:
        success (bool):
        restorable_until (datetime.datetime | Unset): It can be restored until this time. Absent if the installation
            keeps no deleted workbenches, or with `now=true`: then it is being deleted with its files.
    """

    success: bool
    restorable_until: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        restorable_until: str | Unset = UNSET
        if not isinstance(self.restorable_until, Unset):
            restorable_until = self.restorable_until.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
            }
        )
        if restorable_until is not UNSET:
            field_dict["restorable_until"] = restorable_until

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        success = d.pop("success")

        _restorable_until = d.pop("restorable_until", UNSET)
        restorable_until: datetime.datetime | Unset
        if isinstance(_restorable_until, Unset):
            restorable_until = UNSET
        else:
            restorable_until = datetime.datetime.fromisoformat(_restorable_until)

        delete_workbench_response_200 = cls(
            success=success,
            restorable_until=restorable_until,
        )

        delete_workbench_response_200.additional_properties = d
        return delete_workbench_response_200

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
