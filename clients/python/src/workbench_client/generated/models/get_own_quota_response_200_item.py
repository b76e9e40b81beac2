from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.get_own_quota_response_200_item_limits import (
        GetOwnQuotaResponse200ItemLimits,
    )
    from ..models.get_own_quota_response_200_item_sources import (
        GetOwnQuotaResponse200ItemSources,
    )
    from ..models.get_own_quota_response_200_item_used import (
        GetOwnQuotaResponse200ItemUsed,
    )


T = TypeVar("T", bound="GetOwnQuotaResponse200Item")


@_attrs_define
class GetOwnQuotaResponse200Item:
    """
    Attributes:
        user_id (str): The user whose limits they are.
        limits (GetOwnQuotaResponse200ItemLimits): The limits in force. `null`: no limit.
        used (GetOwnQuotaResponse200ItemUsed): What the workbenches of the user hold, and have cost in this month.
        sources (GetOwnQuotaResponse200ItemSources): The scope that sets each limit. Absent where none sets it.
        resets_at (datetime.datetime | None): When `usd_per_month` begins again, if it is limited. Null: nothing resets
            with time. What a workbench holds is given back when it stops.
    """

    user_id: str
    limits: GetOwnQuotaResponse200ItemLimits
    used: GetOwnQuotaResponse200ItemUsed
    sources: GetOwnQuotaResponse200ItemSources
    resets_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        user_id = self.user_id

        limits = self.limits.to_dict()

        used = self.used.to_dict()

        sources = self.sources.to_dict()

        resets_at: None | str
        if isinstance(self.resets_at, datetime.datetime):
            resets_at = self.resets_at.isoformat()
        else:
            resets_at = self.resets_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "user_id": user_id,
                "limits": limits,
                "used": used,
                "sources": sources,
                "resets_at": resets_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.get_own_quota_response_200_item_limits import (
            GetOwnQuotaResponse200ItemLimits,
        )
        from ..models.get_own_quota_response_200_item_sources import (
            GetOwnQuotaResponse200ItemSources,
        )
        from ..models.get_own_quota_response_200_item_used import (
            GetOwnQuotaResponse200ItemUsed,
        )

        d = dict(src_dict)
        user_id = d.pop("user_id")

        limits = GetOwnQuotaResponse200ItemLimits.from_dict(d.pop("limits"))

        used = GetOwnQuotaResponse200ItemUsed.from_dict(d.pop("used"))

        sources = GetOwnQuotaResponse200ItemSources.from_dict(d.pop("sources"))

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

        get_own_quota_response_200_item = cls(
            user_id=user_id,
            limits=limits,
            used=used,
            sources=sources,
            resets_at=resets_at,
        )

        get_own_quota_response_200_item.additional_properties = d
        return get_own_quota_response_200_item

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
