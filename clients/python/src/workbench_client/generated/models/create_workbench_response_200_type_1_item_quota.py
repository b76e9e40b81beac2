from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.create_workbench_response_200_type_1_item_quota_left import (
        CreateWorkbenchResponse200Type1ItemQuotaLeft,
    )
    from ..models.create_workbench_response_200_type_1_item_quota_limits import (
        CreateWorkbenchResponse200Type1ItemQuotaLimits,
    )
    from ..models.create_workbench_response_200_type_1_item_quota_requested import (
        CreateWorkbenchResponse200Type1ItemQuotaRequested,
    )
    from ..models.create_workbench_response_200_type_1_item_quota_sources import (
        CreateWorkbenchResponse200Type1ItemQuotaSources,
    )
    from ..models.create_workbench_response_200_type_1_item_quota_used import (
        CreateWorkbenchResponse200Type1ItemQuotaUsed,
    )


T = TypeVar("T", bound="CreateWorkbenchResponse200Type1ItemQuota")


@_attrs_define
class CreateWorkbenchResponse200Type1ItemQuota:
    """
    Attributes:
        user_id (str): The user whose limits they are.
        limits (CreateWorkbenchResponse200Type1ItemQuotaLimits): The limits in force. `null`: no limit.
        used (CreateWorkbenchResponse200Type1ItemQuotaUsed): What the workbenches of the user hold, and have cost in
            this month.
        sources (CreateWorkbenchResponse200Type1ItemQuotaSources): The scope that sets each limit. Absent where none
            sets it.
        resets_at (datetime.datetime | None): When `usd_per_month` begins again, if it is limited. Null: nothing resets
            with time. What a workbench holds is given back when it stops.
        requested (CreateWorkbenchResponse200Type1ItemQuotaRequested): What the workbench would hold.
        left (CreateWorkbenchResponse200Type1ItemQuotaLeft): What would be left afterwards. `null`: no limit.
    """

    user_id: str
    limits: CreateWorkbenchResponse200Type1ItemQuotaLimits
    used: CreateWorkbenchResponse200Type1ItemQuotaUsed
    sources: CreateWorkbenchResponse200Type1ItemQuotaSources
    resets_at: datetime.datetime | None
    requested: CreateWorkbenchResponse200Type1ItemQuotaRequested
    left: CreateWorkbenchResponse200Type1ItemQuotaLeft
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

        requested = self.requested.to_dict()

        left = self.left.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "user_id": user_id,
                "limits": limits,
                "used": used,
                "sources": sources,
                "resets_at": resets_at,
                "requested": requested,
                "left": left,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.create_workbench_response_200_type_1_item_quota_left import (
            CreateWorkbenchResponse200Type1ItemQuotaLeft,
        )
        from ..models.create_workbench_response_200_type_1_item_quota_limits import (
            CreateWorkbenchResponse200Type1ItemQuotaLimits,
        )
        from ..models.create_workbench_response_200_type_1_item_quota_requested import (
            CreateWorkbenchResponse200Type1ItemQuotaRequested,
        )
        from ..models.create_workbench_response_200_type_1_item_quota_sources import (
            CreateWorkbenchResponse200Type1ItemQuotaSources,
        )
        from ..models.create_workbench_response_200_type_1_item_quota_used import (
            CreateWorkbenchResponse200Type1ItemQuotaUsed,
        )

        d = dict(src_dict)
        user_id = d.pop("user_id")

        limits = CreateWorkbenchResponse200Type1ItemQuotaLimits.from_dict(
            d.pop("limits")
        )

        used = CreateWorkbenchResponse200Type1ItemQuotaUsed.from_dict(d.pop("used"))

        sources = CreateWorkbenchResponse200Type1ItemQuotaSources.from_dict(
            d.pop("sources")
        )

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

        requested = CreateWorkbenchResponse200Type1ItemQuotaRequested.from_dict(
            d.pop("requested")
        )

        left = CreateWorkbenchResponse200Type1ItemQuotaLeft.from_dict(d.pop("left"))

        create_workbench_response_200_type_1_item_quota = cls(
            user_id=user_id,
            limits=limits,
            used=used,
            sources=sources,
            resets_at=resets_at,
            requested=requested,
            left=left,
        )

        create_workbench_response_200_type_1_item_quota.additional_properties = d
        return create_workbench_response_200_type_1_item_quota

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
