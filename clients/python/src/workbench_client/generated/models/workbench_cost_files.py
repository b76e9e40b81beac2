from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WorkbenchCostFiles")


@_attrs_define
class WorkbenchCostFiles:
    """Absent until the files are measured for the first time, and where files have no price.

    Attributes:
        bytes_ (int): What the file system bills for the files: their blocks and metadata.
        measured_at (str): When the size was stored, ISO 8601. Files of a stopped workbench are measured within about a
            day, those of a running one every week.
        per_month (float): A month for the files of this size. Part of the two amounts above.
    """

    bytes_: int
    measured_at: str
    per_month: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_ = self.bytes_

        measured_at = self.measured_at

        per_month = self.per_month

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes": bytes_,
                "measured_at": measured_at,
                "per_month": per_month,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        bytes_ = d.pop("bytes")

        measured_at = d.pop("measured_at")

        per_month = d.pop("per_month")

        workbench_cost_files = cls(
            bytes_=bytes_,
            measured_at=measured_at,
            per_month=per_month,
        )

        workbench_cost_files.additional_properties = d
        return workbench_cost_files

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
