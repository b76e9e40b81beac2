from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateWorkbenchResponse200Type1ItemEstimate")


@_attrs_define
class CreateWorkbenchResponse200Type1ItemEstimate:
    """
    Attributes:
        currency (Literal['USD']):
        basis (str): Which prices were used, for example `list prices of 2026-07, not the bill`.
        per_hour_running (float | Unset): An hour while it runs, on the placement that it would get now. Absent if the
            price is unknown.
        per_month_stopped (float | Unset): A month while it is stopped, without its files. Absent if the price is
            unknown.
    """

    currency: Literal["USD"]
    basis: str
    per_hour_running: float | Unset = UNSET
    per_month_stopped: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        currency = self.currency

        basis = self.basis

        per_hour_running = self.per_hour_running

        per_month_stopped = self.per_month_stopped

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "currency": currency,
                "basis": basis,
            }
        )
        if per_hour_running is not UNSET:
            field_dict["per_hour_running"] = per_hour_running
        if per_month_stopped is not UNSET:
            field_dict["per_month_stopped"] = per_month_stopped

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        currency = cast(Literal["USD"], d.pop("currency"))
        if currency != "USD":
            raise ValueError(f"currency must match const 'USD', got '{currency}'")

        basis = d.pop("basis")

        per_hour_running = d.pop("per_hour_running", UNSET)

        per_month_stopped = d.pop("per_month_stopped", UNSET)

        create_workbench_response_200_type_1_item_estimate = cls(
            currency=currency,
            basis=basis,
            per_hour_running=per_hour_running,
            per_month_stopped=per_month_stopped,
        )

        create_workbench_response_200_type_1_item_estimate.additional_properties = d
        return create_workbench_response_200_type_1_item_estimate

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
