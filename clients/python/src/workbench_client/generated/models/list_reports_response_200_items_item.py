from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_reports_response_200_items_item_sweep import (
    ListReportsResponse200ItemsItemSweep,
)

if TYPE_CHECKING:
    from ..models.list_reports_response_200_items_item_findings_item import (
        ListReportsResponse200ItemsItemFindingsItem,
    )


T = TypeVar("T", bound="ListReportsResponse200ItemsItem")


@_attrs_define
class ListReportsResponse200ItemsItem:
    """
    Attributes:
        sweep (ListReportsResponse200ItemsItemSweep): `active` compares active records with their tasks and instances;
            `tasks`, `hosts` and `volumes` look for orphans; `cluster` removes unused task definitions and container
            instances, and registers task definitions after a change of the settings.
        started_at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        ended_at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        checked (int): Records or resources that were checked.
        repaired (int): Records that were corrected because they did not match AWS.
        deleted (int): Orphans that were deleted.
        quarantined (int): Orphaned volumes with files. The files are kept until an operator decides.
        waiting (int): Differences that were left for a later sweep. The findings say why.
        failed (int): Repairs that failed.
        deletion_limit_exceeded (bool): The sweep found more orphans than the deletion limit. It deleted nothing; an
            operator must check why.
        findings (list[ListReportsResponse200ItemsItemFindingsItem]): At most 20, the most severe ones. The counters
            include all findings.
    """

    sweep: ListReportsResponse200ItemsItemSweep
    started_at: datetime.datetime
    ended_at: datetime.datetime
    checked: int
    repaired: int
    deleted: int
    quarantined: int
    waiting: int
    failed: int
    deletion_limit_exceeded: bool
    findings: list[ListReportsResponse200ItemsItemFindingsItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        sweep = self.sweep.value

        started_at = self.started_at.isoformat()

        ended_at = self.ended_at.isoformat()

        checked = self.checked

        repaired = self.repaired

        deleted = self.deleted

        quarantined = self.quarantined

        waiting = self.waiting

        failed = self.failed

        deletion_limit_exceeded = self.deletion_limit_exceeded

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "sweep": sweep,
                "started_at": started_at,
                "ended_at": ended_at,
                "checked": checked,
                "repaired": repaired,
                "deleted": deleted,
                "quarantined": quarantined,
                "waiting": waiting,
                "failed": failed,
                "deletion_limit_exceeded": deletion_limit_exceeded,
                "findings": findings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_reports_response_200_items_item_findings_item import (
            ListReportsResponse200ItemsItemFindingsItem,
        )

        d = dict(src_dict)
        sweep = ListReportsResponse200ItemsItemSweep(d.pop("sweep"))

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        ended_at = datetime.datetime.fromisoformat(d.pop("ended_at"))

        checked = d.pop("checked")

        repaired = d.pop("repaired")

        deleted = d.pop("deleted")

        quarantined = d.pop("quarantined")

        waiting = d.pop("waiting")

        failed = d.pop("failed")

        deletion_limit_exceeded = d.pop("deletion_limit_exceeded")

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = ListReportsResponse200ItemsItemFindingsItem.from_dict(
                findings_item_data
            )

            findings.append(findings_item)

        list_reports_response_200_items_item = cls(
            sweep=sweep,
            started_at=started_at,
            ended_at=ended_at,
            checked=checked,
            repaired=repaired,
            deleted=deleted,
            quarantined=quarantined,
            waiting=waiting,
            failed=failed,
            deletion_limit_exceeded=deletion_limit_exceeded,
            findings=findings,
        )

        list_reports_response_200_items_item.additional_properties = d
        return list_reports_response_200_items_item

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
