from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_templates_response_200_items_item_on_interruption import (
    ListTemplatesResponse200ItemsItemOnInterruption,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_templates_response_200_items_item_labels import (
        ListTemplatesResponse200ItemsItemLabels,
    )


T = TypeVar("T", bound="ListTemplatesResponse200ItemsItem")


@_attrs_define
class ListTemplatesResponse200ItemsItem:
    """
    Attributes:
        name (str):
        title (str): What users see.
        requested_cpu (int): CPU units: 1 vCPU = 1024.
        requested_memory (int): MiB.
        requested_gpu (int): Number of GPUs.
        description (str | Unset):
        allocated_instance_type (str | Unset):
        idle_stop_minutes (int | None | Unset): `null`: never. Absent: the default of the installation applies, as for
            the others.
        max_run_hours (int | Unset):
        on_interruption (ListTemplatesResponse200ItemsItemOnInterruption | Unset):
        labels (ListTemplatesResponse200ItemsItemLabels | Unset):
        per_hour_running (float | Unset): An hour while it runs, on the placement that it would get now. Absent if the
            price is unknown.
    """

    name: str
    title: str
    requested_cpu: int
    requested_memory: int
    requested_gpu: int
    description: str | Unset = UNSET
    allocated_instance_type: str | Unset = UNSET
    idle_stop_minutes: int | None | Unset = UNSET
    max_run_hours: int | Unset = UNSET
    on_interruption: ListTemplatesResponse200ItemsItemOnInterruption | Unset = UNSET
    labels: ListTemplatesResponse200ItemsItemLabels | Unset = UNSET
    per_hour_running: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        title = self.title

        requested_cpu = self.requested_cpu

        requested_memory = self.requested_memory

        requested_gpu = self.requested_gpu

        description = self.description

        allocated_instance_type = self.allocated_instance_type

        idle_stop_minutes: int | None | Unset
        if isinstance(self.idle_stop_minutes, Unset):
            idle_stop_minutes = UNSET
        else:
            idle_stop_minutes = self.idle_stop_minutes

        max_run_hours = self.max_run_hours

        on_interruption: str | Unset = UNSET
        if not isinstance(self.on_interruption, Unset):
            on_interruption = self.on_interruption.value

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        per_hour_running = self.per_hour_running

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "title": title,
                "requested_cpu": requested_cpu,
                "requested_memory": requested_memory,
                "requested_gpu": requested_gpu,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if allocated_instance_type is not UNSET:
            field_dict["allocated_instance_type"] = allocated_instance_type
        if idle_stop_minutes is not UNSET:
            field_dict["idle_stop_minutes"] = idle_stop_minutes
        if max_run_hours is not UNSET:
            field_dict["max_run_hours"] = max_run_hours
        if on_interruption is not UNSET:
            field_dict["on_interruption"] = on_interruption
        if labels is not UNSET:
            field_dict["labels"] = labels
        if per_hour_running is not UNSET:
            field_dict["per_hour_running"] = per_hour_running

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_templates_response_200_items_item_labels import (
            ListTemplatesResponse200ItemsItemLabels,
        )

        d = dict(src_dict)
        name = d.pop("name")

        title = d.pop("title")

        requested_cpu = d.pop("requested_cpu")

        requested_memory = d.pop("requested_memory")

        requested_gpu = d.pop("requested_gpu")

        description = d.pop("description", UNSET)

        allocated_instance_type = d.pop("allocated_instance_type", UNSET)

        def _parse_idle_stop_minutes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        idle_stop_minutes = _parse_idle_stop_minutes(d.pop("idle_stop_minutes", UNSET))

        max_run_hours = d.pop("max_run_hours", UNSET)

        _on_interruption = d.pop("on_interruption", UNSET)
        on_interruption: ListTemplatesResponse200ItemsItemOnInterruption | Unset
        if isinstance(_on_interruption, Unset):
            on_interruption = UNSET
        else:
            on_interruption = ListTemplatesResponse200ItemsItemOnInterruption(
                _on_interruption
            )

        _labels = d.pop("labels", UNSET)
        labels: ListTemplatesResponse200ItemsItemLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = ListTemplatesResponse200ItemsItemLabels.from_dict(_labels)

        per_hour_running = d.pop("per_hour_running", UNSET)

        list_templates_response_200_items_item = cls(
            name=name,
            title=title,
            requested_cpu=requested_cpu,
            requested_memory=requested_memory,
            requested_gpu=requested_gpu,
            description=description,
            allocated_instance_type=allocated_instance_type,
            idle_stop_minutes=idle_stop_minutes,
            max_run_hours=max_run_hours,
            on_interruption=on_interruption,
            labels=labels,
            per_hour_running=per_hour_running,
        )

        list_templates_response_200_items_item.additional_properties = d
        return list_templates_response_200_items_item

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
