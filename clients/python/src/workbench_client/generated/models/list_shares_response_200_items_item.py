from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_shares_response_200_items_item_role import (
    ListSharesResponse200ItemsItemRole,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListSharesResponse200ItemsItem")


@_attrs_define
class ListSharesResponse200ItemsItem:
    """
    Attributes:
        grantee (str): `user:<user id>`, `group:<name>` or `organisation`.
        role (ListSharesResponse200ItemsItemRole):
        shared_by (str): The caller who wrote the share last.
        shared_at (datetime.datetime): When the share was written last.
        expires_at (datetime.datetime | Unset): When the share ends.
        link_id (str | Unset): The link that gave it.
    """

    grantee: str
    role: ListSharesResponse200ItemsItemRole
    shared_by: str
    shared_at: datetime.datetime
    expires_at: datetime.datetime | Unset = UNSET
    link_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        grantee = self.grantee

        role = self.role.value

        shared_by = self.shared_by

        shared_at = self.shared_at.isoformat()

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        link_id = self.link_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "grantee": grantee,
                "role": role,
                "shared_by": shared_by,
                "shared_at": shared_at,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if link_id is not UNSET:
            field_dict["link_id"] = link_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        grantee = d.pop("grantee")

        role = ListSharesResponse200ItemsItemRole(d.pop("role"))

        shared_by = d.pop("shared_by")

        shared_at = datetime.datetime.fromisoformat(d.pop("shared_at"))

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        link_id = d.pop("link_id", UNSET)

        list_shares_response_200_items_item = cls(
            grantee=grantee,
            role=role,
            shared_by=shared_by,
            shared_at=shared_at,
            expires_at=expires_at,
            link_id=link_id,
        )

        list_shares_response_200_items_item.additional_properties = d
        return list_shares_response_200_items_item

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
