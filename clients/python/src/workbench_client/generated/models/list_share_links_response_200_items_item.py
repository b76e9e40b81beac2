from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_share_links_response_200_items_item_role import (
    ListShareLinksResponse200ItemsItemRole,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListShareLinksResponse200ItemsItem")


@_attrs_define
class ListShareLinksResponse200ItemsItem:
    """
    Attributes:
        link_id (str):
        role (ListShareLinksResponse200ItemsItemRole): The role of the shares that it gives.
        redeemable_until (datetime.datetime): The end of the time in which it can be redeemed: `expires_at`, or 7 days
            after its creation.
        uses (int):
        uses_left (int):
        created_by (str):
        created_at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        expires_at (datetime.datetime | Unset): When the shares that it gives end.
    """

    link_id: str
    role: ListShareLinksResponse200ItemsItemRole
    redeemable_until: datetime.datetime
    uses: int
    uses_left: int
    created_by: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        link_id = self.link_id

        role = self.role.value

        redeemable_until = self.redeemable_until.isoformat()

        uses = self.uses

        uses_left = self.uses_left

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "link_id": link_id,
                "role": role,
                "redeemable_until": redeemable_until,
                "uses": uses,
                "uses_left": uses_left,
                "created_by": created_by,
                "created_at": created_at,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        link_id = d.pop("link_id")

        role = ListShareLinksResponse200ItemsItemRole(d.pop("role"))

        redeemable_until = datetime.datetime.fromisoformat(d.pop("redeemable_until"))

        uses = d.pop("uses")

        uses_left = d.pop("uses_left")

        created_by = d.pop("created_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        list_share_links_response_200_items_item = cls(
            link_id=link_id,
            role=role,
            redeemable_until=redeemable_until,
            uses=uses,
            uses_left=uses_left,
            created_by=created_by,
            created_at=created_at,
            expires_at=expires_at,
        )

        list_share_links_response_200_items_item.additional_properties = d
        return list_share_links_response_200_items_item

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
