from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.history_entry_from import HistoryEntryFrom
from ..models.history_entry_reason_code import HistoryEntryReasonCode
from ..models.history_entry_to import HistoryEntryTo
from ..models.history_entry_type import HistoryEntryType
from ..types import UNSET, Unset

T = TypeVar("T", bound="HistoryEntry")


@_attrs_define
class HistoryEntry:
    """
    Attributes:
        seq (int): Number of the entry, counted from 1.
        time (datetime.datetime): ISO 8601, UTC, with milliseconds.
        type_ (HistoryEntryType): `unexpected_task_found`, `unexpected_task_stopped`: a task that does not belong to the
            current run. `orphan_host_terminated`: a dedicated instance that the workbench no longer uses. `start_retried`:
            a task of the start failed before the workbench ran, and another one is started; `reason_code` says why.
            `gate_silent`: the workbench runs although the gate did not say whether it reaches it. `repaired`: the record
            did not match its task or instance and was corrected. `interruption_noticed`: AWS announced the end of the
            instance. `drain_announced`: an operator empties the machine of the workbench; `drain_cancelled`: no longer.
            `restarted_after_interruption`: the workbench starts again because `on_interruption` is `restart`.
            `processes_may_remain`: only in local mode without cgroups: the processes of the workbench were ended as far as
            the system shows them; one that left its session, its environment and its files may live on. `owner_offered`,
            `offer_withdrawn`, `owner_changed`: the owner offered the workbench to another user, this offer ended, or the
            workbench has another owner since. `idle_warned`: the workbench is not used and will be stopped;
            `idle_warning_ended`: it was used again. `extended`: a user extended the time until then. `schedule_started`:
            the workbench starts by its schedule. `schedule_warned`: it will be stopped by its schedule. `schedule_missed`:
            the controller did not work when the schedule was to start or stop it. `schedule_refused`: a quota refused the
            start by the schedule. `restored`: a user took its deletion back. `retention_warned`: the workbench was stopped
            for long and will be deleted; `delete_requested` with the `reason_code` `retention`: it was. `files_deleted`:
            its files are deleted for good. `stop_warned`: the workbench will be stopped at its `stop_at`, or because the
            run has lasted as long as it may; `reason_code` says which. `unknown`: a type that this version of the
            controller does not know.
        requested_by (str | Unset): The caller who requested it.
        from_ (HistoryEntryFrom | Unset):
        to (HistoryEntryTo | Unset):
        reason_code (HistoryEntryReasonCode | Unset):
    """

    seq: int
    time: datetime.datetime
    type_: HistoryEntryType
    requested_by: str | Unset = UNSET
    from_: HistoryEntryFrom | Unset = UNSET
    to: HistoryEntryTo | Unset = UNSET
    reason_code: HistoryEntryReasonCode | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        seq = self.seq

        time = self.time.isoformat()

        type_ = self.type_.value

        requested_by = self.requested_by

        from_: str | Unset = UNSET
        if not isinstance(self.from_, Unset):
            from_ = self.from_.value

        to: str | Unset = UNSET
        if not isinstance(self.to, Unset):
            to = self.to.value

        reason_code: str | Unset = UNSET
        if not isinstance(self.reason_code, Unset):
            reason_code = self.reason_code.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "seq": seq,
                "time": time,
                "type": type_,
            }
        )
        if requested_by is not UNSET:
            field_dict["requested_by"] = requested_by
        if from_ is not UNSET:
            field_dict["from"] = from_
        if to is not UNSET:
            field_dict["to"] = to
        if reason_code is not UNSET:
            field_dict["reason_code"] = reason_code

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        seq = d.pop("seq")

        time = datetime.datetime.fromisoformat(d.pop("time"))

        type_ = HistoryEntryType(d.pop("type"))

        requested_by = d.pop("requested_by", UNSET)

        _from_ = d.pop("from", UNSET)
        from_: HistoryEntryFrom | Unset
        if isinstance(_from_, Unset):
            from_ = UNSET
        else:
            from_ = HistoryEntryFrom(_from_)

        _to = d.pop("to", UNSET)
        to: HistoryEntryTo | Unset
        if isinstance(_to, Unset):
            to = UNSET
        else:
            to = HistoryEntryTo(_to)

        _reason_code = d.pop("reason_code", UNSET)
        reason_code: HistoryEntryReasonCode | Unset
        if isinstance(_reason_code, Unset):
            reason_code = UNSET
        else:
            reason_code = HistoryEntryReasonCode(_reason_code)

        history_entry = cls(
            seq=seq,
            time=time,
            type_=type_,
            requested_by=requested_by,
            from_=from_,
            to=to,
            reason_code=reason_code,
        )

        history_entry.additional_properties = d
        return history_entry

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
