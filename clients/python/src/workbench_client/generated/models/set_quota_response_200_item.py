from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.set_quota_response_200_item_limits import (
        SetQuotaResponse200ItemLimits,
    )


T = TypeVar("T", bound="SetQuotaResponse200Item")


@_attrs_define
class SetQuotaResponse200Item:
    """
    Attributes:
        scope (str): `installation`, `group:<name>` or `user:<user id>`.
        limits (SetQuotaResponse200ItemLimits): The limits of the scope. Absent: that of the next scope applies.
    """

    scope: str
    limits: SetQuotaResponse200ItemLimits
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        scope = self.scope

        limits = self.limits.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "scope": scope,
                "limits": limits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.set_quota_response_200_item_limits import (
            SetQuotaResponse200ItemLimits,
        )

        d = dict(src_dict)
        scope = d.pop("scope")

        limits = SetQuotaResponse200ItemLimits.from_dict(d.pop("limits"))

        set_quota_response_200_item = cls(
            scope=scope,
            limits=limits,
        )

        set_quota_response_200_item.additional_properties = d
        return set_quota_response_200_item

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
