from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_audit_response_200_items_item import (
        ListAuditResponse200ItemsItem,
    )


T = TypeVar("T", bound="ListAuditResponse200")


@_attrs_define
class ListAuditResponse200:
    """
    Attributes:
        success (bool):
        items (list[ListAuditResponse200ItemsItem]):
        next_cursor (str | Unset): Send it as `cursor` to get the next page. Absent on the last page. A page before the
            last one may have few items, or none.
    """

    success: bool
    items: list[ListAuditResponse200ItemsItem]
    next_cursor: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        next_cursor = self.next_cursor

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "items": items,
            }
        )
        if next_cursor is not UNSET:
            field_dict["next_cursor"] = next_cursor

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_audit_response_200_items_item import (
            ListAuditResponse200ItemsItem,
        )

        d = dict(src_dict)
        success = d.pop("success")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = ListAuditResponse200ItemsItem.from_dict(items_item_data)

            items.append(items_item)

        next_cursor = d.pop("next_cursor", UNSET)

        list_audit_response_200 = cls(
            success=success,
            items=items,
            next_cursor=next_cursor,
        )

        list_audit_response_200.additional_properties = d
        return list_audit_response_200

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
