from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.workbench_status_reason_code import WorkbenchStatusReasonCode

T = TypeVar("T", bound="WorkbenchStatusReason")


@_attrs_define
class WorkbenchStatusReason:
    """Why the workbench stopped or is stopping without a request to stop it.

    Attributes:
        code (WorkbenchStatusReasonCode): `no_capacity`: No instance had enough free capacity within the time allowed.
            `cannot_fit`: No configured capacity is large enough for this request.
            `image_pull_failed`: The container image could not be pulled.
            `out_of_memory`: The workbench used more memory than requested and was terminated.
            `storage_failed`: The volume could not be created or mounted.
            `start_timeout`: The workbench did not become ready within the time allowed.
            `gate_unreachable`: The task was ready, but the gate could not reach it within the time allowed.
            `start_refused`: The platform refused to start the task.
            `instance_lost`: The instance stopped or was lost.
            `spot_interrupted`: AWS took the spot instance back.
            `machine_drained`: An operator emptied the machine.
            `idle`: The workbench was not used for as long as its idle limit.
            `max_life`: The run lasted as long as it may.
            `stop_at`: The time came at which its user wanted it to be stopped.
            `schedule`: Its schedule stopped it.
            `retention`: It was stopped for as long as the installation keeps workbenches, and was deleted.
            `exited`: The main process exited.
            `stopped_externally`: The task was stopped from outside the controller.
            `task_lost`: The task disappeared, and ECS gives no reason.
            `other`: A reason that this version of the controller does not know. The message explains it.
        message (str):
    """

    code: WorkbenchStatusReasonCode
    message: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = WorkbenchStatusReasonCode(d.pop("code"))

        message = d.pop("message")

        workbench_status_reason = cls(
            code=code,
            message=message,
        )

        workbench_status_reason.additional_properties = d
        return workbench_status_reason

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
