from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.redeem_share_link_response_200_item_role import (
    RedeemShareLinkResponse200ItemRole,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="RedeemShareLinkResponse200Item")


@_attrs_define
class RedeemShareLinkResponse200Item:
    """
    Attributes:
        workbench_id (str):
        workbench_name (str):
        owner_id (str):
        shared_by (str): The caller who created the link.
        role (RedeemShareLinkResponse200ItemRole): The role that the link gives.
        gives (bool): Whether the link gives the user a share, or has given it with this request. `false`: the user owns
            the workbench, has redeemed the link before, or has a share that the link does not improve.
        public_endpoint (str): The address of the workbench for a browser.
        expires_at (datetime.datetime | Unset): When the share that it gives ends.
    """

    workbench_id: str
    workbench_name: str
    owner_id: str
    shared_by: str
    role: RedeemShareLinkResponse200ItemRole
    gives: bool
    public_endpoint: str
    expires_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workbench_id = self.workbench_id

        workbench_name = self.workbench_name

        owner_id = self.owner_id

        shared_by = self.shared_by

        role = self.role.value

        gives = self.gives

        public_endpoint = self.public_endpoint

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workbench_id": workbench_id,
                "workbench_name": workbench_name,
                "owner_id": owner_id,
                "shared_by": shared_by,
                "role": role,
                "gives": gives,
                "public_endpoint": public_endpoint,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        workbench_id = d.pop("workbench_id")

        workbench_name = d.pop("workbench_name")

        owner_id = d.pop("owner_id")

        shared_by = d.pop("shared_by")

        role = RedeemShareLinkResponse200ItemRole(d.pop("role"))

        gives = d.pop("gives")

        public_endpoint = d.pop("public_endpoint")

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        redeem_share_link_response_200_item = cls(
            workbench_id=workbench_id,
            workbench_name=workbench_name,
            owner_id=owner_id,
            shared_by=shared_by,
            role=role,
            gives=gives,
            public_endpoint=public_endpoint,
            expires_at=expires_at,
        )

        redeem_share_link_response_200_item.additional_properties = d
        return redeem_share_link_response_200_item

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
