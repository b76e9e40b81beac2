from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="OpenWorkbenchResponse200")


@_attrs_define
class OpenWorkbenchResponse200:
    """
    Attributes:
        success (bool):
        url (str): Open it in the browser of the user, as a link or in a new window. With a ticket it works once, before
            `expires_at`: request it when the user clicks, and do not store it.
        expires_at (str | Unset): When the ticket in the URL expires. Absent if the URL has no ticket.
    """

    success: bool
    url: str
    expires_at: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        url = self.url

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "url": url,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        success = d.pop("success")

        url = d.pop("url")

        expires_at = d.pop("expires_at", UNSET)

        open_workbench_response_200 = cls(
            success=success,
            url=url,
            expires_at=expires_at,
        )

        open_workbench_response_200.additional_properties = d
        return open_workbench_response_200

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
