from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.list_templates_response_200_items_item import (
        ListTemplatesResponse200ItemsItem,
    )
    from ..models.list_templates_response_200_sizes_item import (
        ListTemplatesResponse200SizesItem,
    )


T = TypeVar("T", bound="ListTemplatesResponse200")


@_attrs_define
class ListTemplatesResponse200:
    """
    Attributes:
        success (bool):
        items (list[ListTemplatesResponse200ItemsItem]): The templates, in the order of the settings.
        sizes (list[ListTemplatesResponse200SizesItem]): The sizes, from small to large.
        currency (Literal['USD']):
        basis (str): Which prices were used, for example `list prices of 2026-07, not the bill`.
    """

    success: bool
    items: list[ListTemplatesResponse200ItemsItem]
    sizes: list[ListTemplatesResponse200SizesItem]
    currency: Literal["USD"]
    basis: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        sizes = []
        for sizes_item_data in self.sizes:
            sizes_item = sizes_item_data.to_dict()
            sizes.append(sizes_item)

        currency = self.currency

        basis = self.basis

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "items": items,
                "sizes": sizes,
                "currency": currency,
                "basis": basis,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_templates_response_200_items_item import (
            ListTemplatesResponse200ItemsItem,
        )
        from ..models.list_templates_response_200_sizes_item import (
            ListTemplatesResponse200SizesItem,
        )

        d = dict(src_dict)
        success = d.pop("success")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = ListTemplatesResponse200ItemsItem.from_dict(items_item_data)

            items.append(items_item)

        sizes = []
        _sizes = d.pop("sizes")
        for sizes_item_data in _sizes:
            sizes_item = ListTemplatesResponse200SizesItem.from_dict(sizes_item_data)

            sizes.append(sizes_item)

        currency = cast(Literal["USD"], d.pop("currency"))
        if currency != "USD":
            raise ValueError(f"currency must match const 'USD', got '{currency}'")

        basis = d.pop("basis")

        list_templates_response_200 = cls(
            success=success,
            items=items,
            sizes=sizes,
            currency=currency,
            basis=basis,
        )

        list_templates_response_200.additional_properties = d
        return list_templates_response_200

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
