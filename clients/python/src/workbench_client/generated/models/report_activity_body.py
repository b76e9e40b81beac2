from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.report_activity_body_kinds_item import ReportActivityBodyKindsItem
from ..types import UNSET, Unset

T = TypeVar("T", bound="ReportActivityBody")


@_attrs_define
class ReportActivityBody:
    """
    Attributes:
        last_activity (datetime.datetime | Unset): When the workbench was used last.
        kinds (list[ReportActivityBodyKindsItem] | Unset): How it was used at `last_activity`. `ide`, the default: its
            IDE worked for its user, for example a kernel was busy. `busy`: its processors or GPUs were busy, which only
            holds an idle stop off.
        keepalive_until (datetime.datetime | Unset): It is not stopped for idleness before this time, which is at most
            12 hours from now.
        reason (str | Unset): Why it is to be kept until `keepalive_until`, for the people who see the workbench. Only
            with `keepalive_until`.
    """

    last_activity: datetime.datetime | Unset = UNSET
    kinds: list[ReportActivityBodyKindsItem] | Unset = UNSET
    keepalive_until: datetime.datetime | Unset = UNSET
    reason: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        last_activity: str | Unset = UNSET
        if not isinstance(self.last_activity, Unset):
            last_activity = self.last_activity.isoformat()

        kinds: list[str] | Unset = UNSET
        if not isinstance(self.kinds, Unset):
            kinds = []
            for kinds_item_data in self.kinds:
                kinds_item = kinds_item_data.value
                kinds.append(kinds_item)

        keepalive_until: str | Unset = UNSET
        if not isinstance(self.keepalive_until, Unset):
            keepalive_until = self.keepalive_until.isoformat()

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if last_activity is not UNSET:
            field_dict["last_activity"] = last_activity
        if kinds is not UNSET:
            field_dict["kinds"] = kinds
        if keepalive_until is not UNSET:
            field_dict["keepalive_until"] = keepalive_until
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _last_activity = d.pop("last_activity", UNSET)
        last_activity: datetime.datetime | Unset
        if isinstance(_last_activity, Unset):
            last_activity = UNSET
        else:
            last_activity = datetime.datetime.fromisoformat(_last_activity)

        _kinds = d.pop("kinds", UNSET)
        kinds: list[ReportActivityBodyKindsItem] | Unset = UNSET
        if _kinds is not UNSET:
            kinds = []
            for kinds_item_data in _kinds:
                kinds_item = ReportActivityBodyKindsItem(kinds_item_data)

                kinds.append(kinds_item)

        _keepalive_until = d.pop("keepalive_until", UNSET)
        keepalive_until: datetime.datetime | Unset
        if isinstance(_keepalive_until, Unset):
            keepalive_until = UNSET
        else:
            keepalive_until = datetime.datetime.fromisoformat(_keepalive_until)

        reason = d.pop("reason", UNSET)

        report_activity_body = cls(
            last_activity=last_activity,
            kinds=kinds,
            keepalive_until=keepalive_until,
            reason=reason,
        )

        return report_activity_body
