from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_audit_response_200_items_item_actor_kind import (
    ListAuditResponse200ItemsItemActorKind,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListAuditResponse200ItemsItemActor")


@_attrs_define
class ListAuditResponse200ItemsItemActor:
    """`user`: `id` is the user_id. `client`: a program with a token without a user. `static_key`: the trusted backend.
    `local`: a caller of local mode without authentication. `none`: a visitor who has not signed in.

        Attributes:
            kind (ListAuditResponse200ItemsItemActorKind):
            id (str | Unset):
    """

    kind: ListAuditResponse200ItemsItemActorKind
    id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        id = self.id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = ListAuditResponse200ItemsItemActorKind(d.pop("kind"))

        id = d.pop("id", UNSET)

        list_audit_response_200_items_item_actor = cls(
            kind=kind,
            id=id,
        )

        list_audit_response_200_items_item_actor.additional_properties = d
        return list_audit_response_200_items_item_actor

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
