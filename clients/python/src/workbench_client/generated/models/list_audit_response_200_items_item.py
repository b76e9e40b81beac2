from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.list_audit_response_200_items_item_action import (
    ListAuditResponse200ItemsItemAction,
)
from ..models.list_audit_response_200_items_item_outcome import (
    ListAuditResponse200ItemsItemOutcome,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.list_audit_response_200_items_item_actor import (
        ListAuditResponse200ItemsItemActor,
    )
    from ..models.list_audit_response_200_items_item_detail import (
        ListAuditResponse200ItemsItemDetail,
    )
    from ..models.list_audit_response_200_items_item_subject import (
        ListAuditResponse200ItemsItemSubject,
    )


T = TypeVar("T", bound="ListAuditResponse200ItemsItem")


@_attrs_define
class ListAuditResponse200ItemsItem:
    """
    Attributes:
        id (str): 26 characters. An event is listed once.
        at (datetime.datetime): ISO 8601, UTC, with milliseconds.
        action (ListAuditResponse200ItemsItemAction): Reads occur only as refused.
        outcome (ListAuditResponse200ItemsItemOutcome): `allowed`: the actor had the right. The event of a change of
            rights is stored before the change takes effect. `refused`: the actor did not have the right. `failed`: the
            request ended with an error, and may have had an effect.
        actor (ListAuditResponse200ItemsItemActor): `user`: `id` is the user_id. `client`: a program with a token
            without a user. `static_key`: the trusted backend. `local`: a caller of local mode without authentication.
            `none`: a visitor who has not signed in.
        on_behalf_of (str | Unset): The user in whose name the actor acted.
        workbench_id (str | Unset):
        owner_id (str | Unset): The owner of the workbench.
        subject (ListAuditResponse200ItemsItemSubject | Unset): What the act concerns besides a workbench, such as the
            user or group of a share.
        reason (str | Unset): Why the request was refused or failed: a code.
        request_id (str | Unset): The id of the request, which the logs contain.
        detail (ListAuditResponse200ItemsItemDetail | Unset): Further values, such as the role of a share. Never a
            token, key or ticket.
    """

    id: str
    at: datetime.datetime
    action: ListAuditResponse200ItemsItemAction
    outcome: ListAuditResponse200ItemsItemOutcome
    actor: ListAuditResponse200ItemsItemActor
    on_behalf_of: str | Unset = UNSET
    workbench_id: str | Unset = UNSET
    owner_id: str | Unset = UNSET
    subject: ListAuditResponse200ItemsItemSubject | Unset = UNSET
    reason: str | Unset = UNSET
    request_id: str | Unset = UNSET
    detail: ListAuditResponse200ItemsItemDetail | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        at = self.at.isoformat()

        action = self.action.value

        outcome = self.outcome.value

        actor = self.actor.to_dict()

        on_behalf_of = self.on_behalf_of

        workbench_id = self.workbench_id

        owner_id = self.owner_id

        subject: dict[str, Any] | Unset = UNSET
        if not isinstance(self.subject, Unset):
            subject = self.subject.to_dict()

        reason = self.reason

        request_id = self.request_id

        detail: dict[str, Any] | Unset = UNSET
        if not isinstance(self.detail, Unset):
            detail = self.detail.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "at": at,
                "action": action,
                "outcome": outcome,
                "actor": actor,
            }
        )
        if on_behalf_of is not UNSET:
            field_dict["on_behalf_of"] = on_behalf_of
        if workbench_id is not UNSET:
            field_dict["workbench_id"] = workbench_id
        if owner_id is not UNSET:
            field_dict["owner_id"] = owner_id
        if subject is not UNSET:
            field_dict["subject"] = subject
        if reason is not UNSET:
            field_dict["reason"] = reason
        if request_id is not UNSET:
            field_dict["request_id"] = request_id
        if detail is not UNSET:
            field_dict["detail"] = detail

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_audit_response_200_items_item_actor import (
            ListAuditResponse200ItemsItemActor,
        )
        from ..models.list_audit_response_200_items_item_detail import (
            ListAuditResponse200ItemsItemDetail,
        )
        from ..models.list_audit_response_200_items_item_subject import (
            ListAuditResponse200ItemsItemSubject,
        )

        d = dict(src_dict)
        id = d.pop("id")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        action = ListAuditResponse200ItemsItemAction(d.pop("action"))

        outcome = ListAuditResponse200ItemsItemOutcome(d.pop("outcome"))

        actor = ListAuditResponse200ItemsItemActor.from_dict(d.pop("actor"))

        on_behalf_of = d.pop("on_behalf_of", UNSET)

        workbench_id = d.pop("workbench_id", UNSET)

        owner_id = d.pop("owner_id", UNSET)

        _subject = d.pop("subject", UNSET)
        subject: ListAuditResponse200ItemsItemSubject | Unset
        if isinstance(_subject, Unset):
            subject = UNSET
        else:
            subject = ListAuditResponse200ItemsItemSubject.from_dict(_subject)

        reason = d.pop("reason", UNSET)

        request_id = d.pop("request_id", UNSET)

        _detail = d.pop("detail", UNSET)
        detail: ListAuditResponse200ItemsItemDetail | Unset
        if isinstance(_detail, Unset):
            detail = UNSET
        else:
            detail = ListAuditResponse200ItemsItemDetail.from_dict(_detail)

        list_audit_response_200_items_item = cls(
            id=id,
            at=at,
            action=action,
            outcome=outcome,
            actor=actor,
            on_behalf_of=on_behalf_of,
            workbench_id=workbench_id,
            owner_id=owner_id,
            subject=subject,
            reason=reason,
            request_id=request_id,
            detail=detail,
        )

        list_audit_response_200_items_item.additional_properties = d
        return list_audit_response_200_items_item

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
