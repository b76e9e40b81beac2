from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ListProvidersResponse200ItemsItemDefaultWorkbench")


@_attrs_define
class ListProvidersResponse200ItemsItemDefaultWorkbench:
    """A workbench of the default size. Absent if an instance cannot hold it, or without a price.

    Attributes:
        share (float): Its share of an instance, as placement counts it: the largest of its shares of CPU, memory, GPUs
            and network interfaces.
        price_usd_per_hour (float): Price × share.
    """

    share: float
    price_usd_per_hour: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        share = self.share

        price_usd_per_hour = self.price_usd_per_hour

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "share": share,
                "price_usd_per_hour": price_usd_per_hour,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        share = d.pop("share")

        price_usd_per_hour = d.pop("price_usd_per_hour")

        list_providers_response_200_items_item_default_workbench = cls(
            share=share,
            price_usd_per_hour=price_usd_per_hour,
        )

        list_providers_response_200_items_item_default_workbench.additional_properties = d
        return list_providers_response_200_items_item_default_workbench

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
