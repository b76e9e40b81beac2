from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_reports_response_200_items_item_findings_item_repair import (
    ListReportsResponse200ItemsItemFindingsItemRepair,
)
from ..models.list_reports_response_200_items_item_findings_item_result import (
    ListReportsResponse200ItemsItemFindingsItemResult,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ListReportsResponse200ItemsItemFindingsItem")


@_attrs_define
class ListReportsResponse200ItemsItemFindingsItem:
    """
    Attributes:
        id (str): The id of the task, instance or workbench.
        result (ListReportsResponse200ItemsItemFindingsItemResult): What the sweep did. Nothing was changed for
            `over_deletion_limit`, `record_unreadable`, `referenced` (a record refers to it by now), `inconclusive`,
            `throttled`, `deferred` and `in_grace_period`; the next sweep checks again. `registration_failed`,
            `agent_outdated` and `instance_idle` name instances for an operator; see docs/operations.md.
        reason (str): Why.
        repair (ListReportsResponse200ItemsItemFindingsItemRepair | Unset): The kind of repair, if it was repaired,
            deleted or quarantined.
    """

    id: str
    result: ListReportsResponse200ItemsItemFindingsItemResult
    reason: str
    repair: ListReportsResponse200ItemsItemFindingsItemRepair | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        result = self.result.value

        reason = self.reason

        repair: str | Unset = UNSET
        if not isinstance(self.repair, Unset):
            repair = self.repair.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "result": result,
                "reason": reason,
            }
        )
        if repair is not UNSET:
            field_dict["repair"] = repair

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        result = ListReportsResponse200ItemsItemFindingsItemResult(d.pop("result"))

        reason = d.pop("reason")

        _repair = d.pop("repair", UNSET)
        repair: ListReportsResponse200ItemsItemFindingsItemRepair | Unset
        if isinstance(_repair, Unset):
            repair = UNSET
        else:
            repair = ListReportsResponse200ItemsItemFindingsItemRepair(_repair)

        list_reports_response_200_items_item_findings_item = cls(
            id=id,
            result=result,
            reason=reason,
            repair=repair,
        )

        list_reports_response_200_items_item_findings_item.additional_properties = d
        return list_reports_response_200_items_item_findings_item

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
