from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.get_me_response_200_item_authorization import (
    GetMeResponse200ItemAuthorization,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GetMeResponse200Item")


@_attrs_define
class GetMeResponse200Item:
    """
    Attributes:
        user_id (str): The user in whose name the request was made.
        authorization (GetMeResponse200ItemAuthorization): What authorized the request. `none`: a server of local mode
            without a key.
        groups (list[str]): The groups of the user, for shares. Empty for a caller who acts for another user: a token
            proves the groups of its own user only.
        scopes (list[str]): The scopes of the token.
        admin (bool): Whether the caller may use the routes for operators.
        acts_for_others (bool): Whether the caller may send the `user_id` of any user.
        expires_at (datetime.datetime | Unset): When the token expires. Absent without a token.
    """

    user_id: str
    authorization: GetMeResponse200ItemAuthorization
    groups: list[str]
    scopes: list[str]
    admin: bool
    acts_for_others: bool
    expires_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        user_id = self.user_id

        authorization = self.authorization.value

        groups = self.groups

        scopes = self.scopes

        admin = self.admin

        acts_for_others = self.acts_for_others

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "user_id": user_id,
                "authorization": authorization,
                "groups": groups,
                "scopes": scopes,
                "admin": admin,
                "acts_for_others": acts_for_others,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        user_id = d.pop("user_id")

        authorization = GetMeResponse200ItemAuthorization(d.pop("authorization"))

        groups = cast(list[str], d.pop("groups"))

        scopes = cast(list[str], d.pop("scopes"))

        admin = d.pop("admin")

        acts_for_others = d.pop("acts_for_others")

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        get_me_response_200_item = cls(
            user_id=user_id,
            authorization=authorization,
            groups=groups,
            scopes=scopes,
            admin=admin,
            acts_for_others=acts_for_others,
            expires_at=expires_at,
        )

        get_me_response_200_item.additional_properties = d
        return get_me_response_200_item

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
