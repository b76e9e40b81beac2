from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_error_quota_unit import ErrorErrorQuotaUnit

T = TypeVar("T", bound="ErrorErrorQuota")


@_attrs_define
class ErrorErrorQuota:
    """Of `quota_exceeded`: the figures.

    Attributes:
        limit (int):
        used (float):
        requested (int): How much more the request needs. 0 of `usd`: a start costs as long as the workbench runs.
        scope (str): `installation`, `group:<name>` or `user:<user id>`.
        unit (ErrorErrorQuotaUnit):
        resets_at (datetime.datetime | None): When `usd_per_month` begins again, if it is limited. Null: nothing resets
            with time. What a workbench holds is given back when it stops.
    """

    limit: int
    used: float
    requested: int
    scope: str
    unit: ErrorErrorQuotaUnit
    resets_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        limit = self.limit

        used = self.used

        requested = self.requested

        scope = self.scope

        unit = self.unit.value

        resets_at: None | str
        if isinstance(self.resets_at, datetime.datetime):
            resets_at = self.resets_at.isoformat()
        else:
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

        def _parse_resets_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                resets_at_type_0 = datetime.datetime.fromisoformat(data)

                return resets_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        resets_at = _parse_resets_at(d.pop("resets_at"))

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
