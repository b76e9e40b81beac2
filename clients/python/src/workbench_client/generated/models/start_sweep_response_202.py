from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.start_sweep_response_202_item import StartSweepResponse202Item


T = TypeVar("T", bound="StartSweepResponse202")


@_attrs_define
class StartSweepResponse202:
    """
    Attributes:
        success (bool):
        item (StartSweepResponse202Item):
    """

    success: bool
    item: StartSweepResponse202Item
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
        from ..models.start_sweep_response_202_item import StartSweepResponse202Item

        d = dict(src_dict)
        success = d.pop("success")

        item = StartSweepResponse202Item.from_dict(d.pop("item"))

        start_sweep_response_202 = cls(
            success=success,
            item=item,
        )

        start_sweep_response_202.additional_properties = d
        return start_sweep_response_202

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
