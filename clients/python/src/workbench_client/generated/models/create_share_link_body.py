from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.create_share_link_body_role import CreateShareLinkBodyRole
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateShareLinkBody")


@_attrs_define
class CreateShareLinkBody:
    """
    Attributes:
        role (CreateShareLinkBodyRole): `use`: see and open the workbench. `manage`: also start, stop and restart it.
            Neither may change, delete or share it.
        expires_at (datetime.datetime | Unset): When the share ends: ISO 8601, in the future. Without it the share has
            no end.
        uses (int | Unset): How many users can redeem the link. Default: 1.
    """

    role: CreateShareLinkBodyRole
    expires_at: datetime.datetime | Unset = UNSET
    uses: int | Unset = 1

    def to_dict(self) -> dict[str, Any]:
        role = self.role.value

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        uses = self.uses

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "role": role,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if uses is not UNSET:
            field_dict["uses"] = uses

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        role = CreateShareLinkBodyRole(d.pop("role"))

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        uses = d.pop("uses", UNSET)

        create_share_link_body = cls(
            role=role,
            expires_at=expires_at,
            uses=uses,
        )

        return create_share_link_body
