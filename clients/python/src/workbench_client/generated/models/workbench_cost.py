from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.workbench_cost_files import WorkbenchCostFiles


T = TypeVar("T", bound="WorkbenchCost")


@_attrs_define
class WorkbenchCost:
    """What the workbench costs, in USD. Only in the responses of `GET`; absent if it costs nothing, as in local mode.

    Attributes:
        month_to_date (float): What it has cost since the beginning of the month (UTC), also for earlier owners.
        currency (Literal['USD']):
        basis (str): Which prices were used, for example `list prices of 2026-07, not the bill`.
        per_hour_running (float | Unset): An hour while it runs: the share of the instance that its task uses, with
            network interfaces, or the whole dedicated instance; with the disk of the instance, and with its files once they
            are measured. Of the present run, or estimated for the next one. Absent if the price is unknown.
        per_month_stopped (float | Unset): A month while it is stopped: the disk of its dedicated instance, and its
            files once they are measured. Absent if the price is unknown.
        files (WorkbenchCostFiles | Unset): Absent until the files are measured for the first time, and where files have
            no price.
    """

    month_to_date: float
    currency: Literal["USD"]
    basis: str
    per_hour_running: float | Unset = UNSET
    per_month_stopped: float | Unset = UNSET
    files: WorkbenchCostFiles | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        month_to_date = self.month_to_date

        currency = self.currency

        basis = self.basis

        per_hour_running = self.per_hour_running

        per_month_stopped = self.per_month_stopped

        files: dict[str, Any] | Unset = UNSET
        if not isinstance(self.files, Unset):
            files = self.files.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "month_to_date": month_to_date,
                "currency": currency,
                "basis": basis,
            }
        )
        if per_hour_running is not UNSET:
            field_dict["per_hour_running"] = per_hour_running
        if per_month_stopped is not UNSET:
            field_dict["per_month_stopped"] = per_month_stopped
        if files is not UNSET:
            field_dict["files"] = files

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workbench_cost_files import WorkbenchCostFiles

        d = dict(src_dict)
        month_to_date = d.pop("month_to_date")

        currency = cast(Literal["USD"], d.pop("currency"))
        if currency != "USD":
            raise ValueError(f"currency must match const 'USD', got '{currency}'")

        basis = d.pop("basis")

        per_hour_running = d.pop("per_hour_running", UNSET)

        per_month_stopped = d.pop("per_month_stopped", UNSET)

        _files = d.pop("files", UNSET)
        files: WorkbenchCostFiles | Unset
        if isinstance(_files, Unset):
            files = UNSET
        else:
            files = WorkbenchCostFiles.from_dict(_files)

        workbench_cost = cls(
            month_to_date=month_to_date,
            currency=currency,
            basis=basis,
            per_hour_running=per_hour_running,
            per_month_stopped=per_month_stopped,
            files=files,
        )

        workbench_cost.additional_properties = d
        return workbench_cost

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
