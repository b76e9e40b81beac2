from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.workbench import Workbench


T = TypeVar("T", bound="RestoreWorkbenchResponse200")


@_attrs_define
class RestoreWorkbenchResponse200:
    """
    Attributes:
        success (bool):
        item (Workbench):
    """

    success: bool
    item: Workbench
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        item = self.item.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "item": item,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workbench import Workbench

        d = dict(src_dict)
        success = d.pop("success")

        item = Workbench.from_dict(d.pop("item"))

        restore_workbench_response_200 = cls(
            success=success,
            item=item,
        )

        restore_workbench_response_200.additional_properties = d
        return restore_workbench_response_200

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
