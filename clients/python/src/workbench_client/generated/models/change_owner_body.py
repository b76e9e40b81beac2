from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ChangeOwnerBody")


@_attrs_define
class ChangeOwnerBody:
    """
    Attributes:
        owner (str): The user_id of the next owner.
        offer (bool | Unset): Whether the next owner must accept. The requests of users are always offers. An
            administrator or a trusted backend moves the workbench at once unless this is `true`.
    """

    owner: str
    offer: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        owner = self.owner

        offer = self.offer

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "owner": owner,
            }
        )
        if offer is not UNSET:
            field_dict["offer"] = offer

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        owner = d.pop("owner")

        offer = d.pop("offer", UNSET)

        change_owner_body = cls(
            owner=owner,
            offer=offer,
        )

        return change_owner_body
