from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_error_quota_unit import ErrorErrorQuotaUnit

T = TypeVar("T", bound="ErrorErrorQuota")


@_attrs_define
class ErrorErrorQuota:
    """Of `quota_exceeded`: the figures.

    Attributes:
        limit (int):
        used (int):
        requested (int): How much more the request needs.
        scope (str): `installation`, `group:<name>` or `user:<user id>`.
        unit (ErrorErrorQuotaUnit):
        resets_at (None): Null: no limit resets with time. What a workbench holds is given back when it stops.
    """

    limit: int
    used: int
    requested: int
    scope: str
    unit: ErrorErrorQuotaUnit
    resets_at: None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        limit = self.limit

        used = self.used

        requested = self.requested

        scope = self.scope

        unit = self.unit.value

        resets_at = self.resets_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "limit": limit,
                "used": used,
                "requested": requested,
                "scope": scope,
                "unit": unit,
                "resets_at": resets_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        limit = d.pop("limit")

        used = d.pop("used")

        requested = d.pop("requested")

        scope = d.pop("scope")

        unit = ErrorErrorQuotaUnit(d.pop("unit"))

        resets_at = d.pop("resets_at")

        error_error_quota = cls(
            limit=limit,
            used=used,
            requested=requested,
            scope=scope,
            unit=unit,
            resets_at=resets_at,
        )

        error_error_quota.additional_properties = d
        return error_error_quota

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
