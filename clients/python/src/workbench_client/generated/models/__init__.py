"""Contains all the data models used in inputs/outputs"""

from .accept_owner_response_200 import AcceptOwnerResponse200
from .cancel_drain_response_200 import CancelDrainResponse200
from .change_owner_body import ChangeOwnerBody
from .change_owner_response_200 import ChangeOwnerResponse200
from .create_share_link_body import CreateShareLinkBody
from .create_share_link_body_role import CreateShareLinkBodyRole
from .create_share_link_response_200 import CreateShareLinkResponse200
from .create_share_link_response_200_item import CreateShareLinkResponse200Item
from .create_share_link_response_200_item_role import CreateShareLinkResponse200ItemRole
from .create_workbench_body import CreateWorkbenchBody
from .create_workbench_body_labels import CreateWorkbenchBodyLabels
from .create_workbench_body_on_interruption import CreateWorkbenchBodyOnInterruption
from .create_workbench_body_schedule_type_0 import CreateWorkbenchBodyScheduleType0
from .create_workbench_response_200_type_0 import CreateWorkbenchResponse200Type0
from .create_workbench_response_200_type_1 import CreateWorkbenchResponse200Type1
from .create_workbench_response_200_type_1_item import (
    CreateWorkbenchResponse200Type1Item,
)
from .create_workbench_response_200_type_1_item_estimate import (
    CreateWorkbenchResponse200Type1ItemEstimate,
)
from .create_workbench_response_200_type_1_item_quota import (
    CreateWorkbenchResponse200Type1ItemQuota,
)
from .create_workbench_response_200_type_1_item_quota_left import (
    CreateWorkbenchResponse200Type1ItemQuotaLeft,
)
from .create_workbench_response_200_type_1_item_quota_limits import (
    CreateWorkbenchResponse200Type1ItemQuotaLimits,
)
from .create_workbench_response_200_type_1_item_quota_requested import (
    CreateWorkbenchResponse200Type1ItemQuotaRequested,
)
from .create_workbench_response_200_type_1_item_quota_sources import (
    CreateWorkbenchResponse200Type1ItemQuotaSources,
)
from .create_workbench_response_200_type_1_item_quota_used import (
    CreateWorkbenchResponse200Type1ItemQuotaUsed,
)
from .create_workbench_response_201 import CreateWorkbenchResponse201
from .delete_share_link_response_200 import DeleteShareLinkResponse200
from .delete_share_response_200 import DeleteShareResponse200
from .delete_workbench_response_200 import DeleteWorkbenchResponse200
from .drain_machine_body import DrainMachineBody
from .drain_machine_response_200 import DrainMachineResponse200
from .drain_machine_response_200_item import DrainMachineResponse200Item
from .error import Error
from .error_error import ErrorError
from .error_error_code import ErrorErrorCode
from .error_error_fields import ErrorErrorFields
from .error_error_quota import ErrorErrorQuota
from .error_error_quota_unit import ErrorErrorQuotaUnit
from .extend_workbench_body import ExtendWorkbenchBody
from .extend_workbench_response_200 import ExtendWorkbenchResponse200
from .gateway_error import GatewayError
from .get_health_response_200 import GetHealthResponse200
from .get_health_response_200_item import GetHealthResponse200Item
from .get_me_response_200 import GetMeResponse200
from .get_me_response_200_item import GetMeResponse200Item
from .get_me_response_200_item_authorization import GetMeResponse200ItemAuthorization
from .get_own_quota_response_200 import GetOwnQuotaResponse200
from .get_own_quota_response_200_item import GetOwnQuotaResponse200Item
from .get_own_quota_response_200_item_limits import GetOwnQuotaResponse200ItemLimits
from .get_own_quota_response_200_item_sources import GetOwnQuotaResponse200ItemSources
from .get_own_quota_response_200_item_used import GetOwnQuotaResponse200ItemUsed
from .get_quota_response_200 import GetQuotaResponse200
from .get_quota_response_200_item import GetQuotaResponse200Item
from .get_quota_response_200_item_limits import GetQuotaResponse200ItemLimits
from .get_workbench_response_200 import GetWorkbenchResponse200
from .history_entry import HistoryEntry
from .history_entry_from import HistoryEntryFrom
from .history_entry_reason_code import HistoryEntryReasonCode
from .history_entry_to import HistoryEntryTo
from .history_entry_type import HistoryEntryType
from .list_audit_action import ListAuditAction
from .list_audit_response_200 import ListAuditResponse200
from .list_audit_response_200_items_item import ListAuditResponse200ItemsItem
from .list_audit_response_200_items_item_action import (
    ListAuditResponse200ItemsItemAction,
)
from .list_audit_response_200_items_item_actor import ListAuditResponse200ItemsItemActor
from .list_audit_response_200_items_item_actor_kind import (
    ListAuditResponse200ItemsItemActorKind,
)
from .list_audit_response_200_items_item_detail import (
    ListAuditResponse200ItemsItemDetail,
)
from .list_audit_response_200_items_item_outcome import (
    ListAuditResponse200ItemsItemOutcome,
)
from .list_audit_response_200_items_item_subject import (
    ListAuditResponse200ItemsItemSubject,
)
from .list_audit_response_200_items_item_subject_kind import (
    ListAuditResponse200ItemsItemSubjectKind,
)
from .list_history_response_200 import ListHistoryResponse200
from .list_logs_response_200 import ListLogsResponse200
from .list_logs_response_200_items_item import ListLogsResponse200ItemsItem
from .list_machines_response_200 import ListMachinesResponse200
from .list_machines_response_200_items_item import ListMachinesResponse200ItemsItem
from .list_machines_response_200_items_item_agent import (
    ListMachinesResponse200ItemsItemAgent,
)
from .list_machines_response_200_items_item_capacity import (
    ListMachinesResponse200ItemsItemCapacity,
)
from .list_machines_response_200_items_item_draining import (
    ListMachinesResponse200ItemsItemDraining,
)
from .list_machines_response_200_items_item_free import (
    ListMachinesResponse200ItemsItemFree,
)
from .list_machines_response_200_items_item_state import (
    ListMachinesResponse200ItemsItemState,
)
from .list_machines_response_200_items_item_workbenches_item import (
    ListMachinesResponse200ItemsItemWorkbenchesItem,
)
from .list_machines_response_200_items_item_workbenches_item_status import (
    ListMachinesResponse200ItemsItemWorkbenchesItemStatus,
)
from .list_providers_response_200 import ListProvidersResponse200
from .list_providers_response_200_items_item import ListProvidersResponse200ItemsItem
from .list_providers_response_200_items_item_capacity import (
    ListProvidersResponse200ItemsItemCapacity,
)
from .list_providers_response_200_items_item_default_workbench import (
    ListProvidersResponse200ItemsItemDefaultWorkbench,
)
from .list_providers_response_200_items_item_free import (
    ListProvidersResponse200ItemsItemFree,
)
from .list_providers_response_200_items_item_kind import (
    ListProvidersResponse200ItemsItemKind,
)
from .list_reports_response_200 import ListReportsResponse200
from .list_reports_response_200_items_item import ListReportsResponse200ItemsItem
from .list_reports_response_200_items_item_findings_item import (
    ListReportsResponse200ItemsItemFindingsItem,
)
from .list_reports_response_200_items_item_findings_item_repair import (
    ListReportsResponse200ItemsItemFindingsItemRepair,
)
from .list_reports_response_200_items_item_findings_item_result import (
    ListReportsResponse200ItemsItemFindingsItemResult,
)
from .list_reports_response_200_items_item_sweep import (
    ListReportsResponse200ItemsItemSweep,
)
from .list_share_links_response_200 import ListShareLinksResponse200
from .list_share_links_response_200_items_item import ListShareLinksResponse200ItemsItem
from .list_share_links_response_200_items_item_role import (
    ListShareLinksResponse200ItemsItemRole,
)
from .list_shares_response_200 import ListSharesResponse200
from .list_shares_response_200_items_item import ListSharesResponse200ItemsItem
from .list_shares_response_200_items_item_role import ListSharesResponse200ItemsItemRole
from .list_start_times_response_200 import ListStartTimesResponse200
from .list_start_times_response_200_items_item import ListStartTimesResponse200ItemsItem
from .list_start_times_response_200_items_item_kind import (
    ListStartTimesResponse200ItemsItemKind,
)
from .list_templates_response_200 import ListTemplatesResponse200
from .list_templates_response_200_items_item import ListTemplatesResponse200ItemsItem
from .list_templates_response_200_items_item_labels import (
    ListTemplatesResponse200ItemsItemLabels,
)
from .list_templates_response_200_items_item_on_interruption import (
    ListTemplatesResponse200ItemsItemOnInterruption,
)
from .list_templates_response_200_sizes_item import ListTemplatesResponse200SizesItem
from .list_usage_by import ListUsageBy
from .list_usage_format import ListUsageFormat
from .list_usage_response_200 import ListUsageResponse200
from .list_usage_response_200_days_item import ListUsageResponse200DaysItem
from .list_usage_response_200_items_item import ListUsageResponse200ItemsItem
from .list_usage_response_200_total import ListUsageResponse200Total
from .list_usage_response_200_users_item import ListUsageResponse200UsersItem
from .list_workbenches_response_200 import ListWorkbenchesResponse200
from .list_workbenches_status import ListWorkbenchesStatus
from .open_workbench_body import OpenWorkbenchBody
from .open_workbench_response_200 import OpenWorkbenchResponse200
from .preview_share_link_body import PreviewShareLinkBody
from .preview_share_link_response_200 import PreviewShareLinkResponse200
from .preview_share_link_response_200_item import PreviewShareLinkResponse200Item
from .preview_share_link_response_200_item_role import (
    PreviewShareLinkResponse200ItemRole,
)
from .redeem_share_link_body import RedeemShareLinkBody
from .redeem_share_link_response_200 import RedeemShareLinkResponse200
from .redeem_share_link_response_200_item import RedeemShareLinkResponse200Item
from .redeem_share_link_response_200_item_role import RedeemShareLinkResponse200ItemRole
from .report_activity_body import ReportActivityBody
from .report_activity_body_kinds_item import ReportActivityBodyKindsItem
from .restart_workbench_response_200 import RestartWorkbenchResponse200
from .restore_workbench_response_200 import RestoreWorkbenchResponse200
from .set_quota_body import SetQuotaBody
from .set_quota_response_200 import SetQuotaResponse200
from .set_quota_response_200_item import SetQuotaResponse200Item
from .set_quota_response_200_item_limits import SetQuotaResponse200ItemLimits
from .set_share_body import SetShareBody
from .set_share_body_role import SetShareBodyRole
from .set_share_response_200 import SetShareResponse200
from .set_share_response_200_item import SetShareResponse200Item
from .set_share_response_200_item_role import SetShareResponse200ItemRole
from .start_sweep_body import StartSweepBody
from .start_sweep_body_sweep import StartSweepBodySweep
from .start_sweep_response_202 import StartSweepResponse202
from .start_sweep_response_202_item import StartSweepResponse202Item
from .start_sweep_response_202_item_sweep import StartSweepResponse202ItemSweep
from .start_workbench_response_200 import StartWorkbenchResponse200
from .stop_workbench_response_200 import StopWorkbenchResponse200
from .update_workbench_body import UpdateWorkbenchBody
from .update_workbench_body_labels import UpdateWorkbenchBodyLabels
from .update_workbench_body_on_interruption import UpdateWorkbenchBodyOnInterruption
from .update_workbench_body_schedule_type_0 import UpdateWorkbenchBodyScheduleType0
from .update_workbench_response_200 import UpdateWorkbenchResponse200
from .withdraw_offer_response_200 import WithdrawOfferResponse200
from .workbench import Workbench
from .workbench_cost import WorkbenchCost
from .workbench_cost_files import WorkbenchCostFiles
from .workbench_desired_status import WorkbenchDesiredStatus
from .workbench_idle_because import WorkbenchIdleBecause
from .workbench_labels import WorkbenchLabels
from .workbench_on_interruption import WorkbenchOnInterruption
from .workbench_role import WorkbenchRole
from .workbench_schedule import WorkbenchSchedule
from .workbench_status import WorkbenchStatus
from .workbench_status_reason import WorkbenchStatusReason
from .workbench_status_reason_code import WorkbenchStatusReasonCode
from .workbench_stops_because import WorkbenchStopsBecause

__all__ = (
    "AcceptOwnerResponse200",
    "CancelDrainResponse200",
    "ChangeOwnerBody",
    "ChangeOwnerResponse200",
    "CreateShareLinkBody",
    "CreateShareLinkBodyRole",
    "CreateShareLinkResponse200",
    "CreateShareLinkResponse200Item",
    "CreateShareLinkResponse200ItemRole",
    "CreateWorkbenchBody",
    "CreateWorkbenchBodyLabels",
    "CreateWorkbenchBodyOnInterruption",
    "CreateWorkbenchBodyScheduleType0",
    "CreateWorkbenchResponse200Type0",
    "CreateWorkbenchResponse200Type1",
    "CreateWorkbenchResponse200Type1Item",
    "CreateWorkbenchResponse200Type1ItemEstimate",
    "CreateWorkbenchResponse200Type1ItemQuota",
    "CreateWorkbenchResponse200Type1ItemQuotaLeft",
    "CreateWorkbenchResponse200Type1ItemQuotaLimits",
    "CreateWorkbenchResponse200Type1ItemQuotaRequested",
    "CreateWorkbenchResponse200Type1ItemQuotaSources",
    "CreateWorkbenchResponse200Type1ItemQuotaUsed",
    "CreateWorkbenchResponse201",
    "DeleteShareLinkResponse200",
    "DeleteShareResponse200",
    "DeleteWorkbenchResponse200",
    "DrainMachineBody",
    "DrainMachineResponse200",
    "DrainMachineResponse200Item",
    "Error",
    "ErrorError",
    "ErrorErrorCode",
    "ErrorErrorFields",
    "ErrorErrorQuota",
    "ErrorErrorQuotaUnit",
    "ExtendWorkbenchBody",
    "ExtendWorkbenchResponse200",
    "GatewayError",
    "GetHealthResponse200",
    "GetHealthResponse200Item",
    "GetMeResponse200",
    "GetMeResponse200Item",
    "GetMeResponse200ItemAuthorization",
    "GetOwnQuotaResponse200",
    "GetOwnQuotaResponse200Item",
    "GetOwnQuotaResponse200ItemLimits",
    "GetOwnQuotaResponse200ItemSources",
    "GetOwnQuotaResponse200ItemUsed",
    "GetQuotaResponse200",
    "GetQuotaResponse200Item",
    "GetQuotaResponse200ItemLimits",
    "GetWorkbenchResponse200",
    "HistoryEntry",
    "HistoryEntryFrom",
    "HistoryEntryReasonCode",
    "HistoryEntryTo",
    "HistoryEntryType",
    "ListAuditAction",
    "ListAuditResponse200",
    "ListAuditResponse200ItemsItem",
    "ListAuditResponse200ItemsItemAction",
    "ListAuditResponse200ItemsItemActor",
    "ListAuditResponse200ItemsItemActorKind",
    "ListAuditResponse200ItemsItemDetail",
    "ListAuditResponse200ItemsItemOutcome",
    "ListAuditResponse200ItemsItemSubject",
    "ListAuditResponse200ItemsItemSubjectKind",
    "ListHistoryResponse200",
    "ListLogsResponse200",
    "ListLogsResponse200ItemsItem",
    "ListMachinesResponse200",
    "ListMachinesResponse200ItemsItem",
    "ListMachinesResponse200ItemsItemAgent",
    "ListMachinesResponse200ItemsItemCapacity",
    "ListMachinesResponse200ItemsItemDraining",
    "ListMachinesResponse200ItemsItemFree",
    "ListMachinesResponse200ItemsItemState",
    "ListMachinesResponse200ItemsItemWorkbenchesItem",
    "ListMachinesResponse200ItemsItemWorkbenchesItemStatus",
    "ListProvidersResponse200",
    "ListProvidersResponse200ItemsItem",
    "ListProvidersResponse200ItemsItemCapacity",
    "ListProvidersResponse200ItemsItemDefaultWorkbench",
    "ListProvidersResponse200ItemsItemFree",
    "ListProvidersResponse200ItemsItemKind",
    "ListReportsResponse200",
    "ListReportsResponse200ItemsItem",
    "ListReportsResponse200ItemsItemFindingsItem",
    "ListReportsResponse200ItemsItemFindingsItemRepair",
    "ListReportsResponse200ItemsItemFindingsItemResult",
    "ListReportsResponse200ItemsItemSweep",
    "ListShareLinksResponse200",
    "ListShareLinksResponse200ItemsItem",
    "ListShareLinksResponse200ItemsItemRole",
    "ListSharesResponse200",
    "ListSharesResponse200ItemsItem",
    "ListSharesResponse200ItemsItemRole",
    "ListStartTimesResponse200",
    "ListStartTimesResponse200ItemsItem",
    "ListStartTimesResponse200ItemsItemKind",
    "ListTemplatesResponse200",
    "ListTemplatesResponse200ItemsItem",
    "ListTemplatesResponse200ItemsItemLabels",
    "ListTemplatesResponse200ItemsItemOnInterruption",
    "ListTemplatesResponse200SizesItem",
    "ListUsageBy",
    "ListUsageFormat",
    "ListUsageResponse200",
    "ListUsageResponse200DaysItem",
    "ListUsageResponse200ItemsItem",
    "ListUsageResponse200Total",
    "ListUsageResponse200UsersItem",
    "ListWorkbenchesResponse200",
    "ListWorkbenchesStatus",
    "OpenWorkbenchBody",
    "OpenWorkbenchResponse200",
    "PreviewShareLinkBody",
    "PreviewShareLinkResponse200",
    "PreviewShareLinkResponse200Item",
    "PreviewShareLinkResponse200ItemRole",
    "RedeemShareLinkBody",
    "RedeemShareLinkResponse200",
    "RedeemShareLinkResponse200Item",
    "RedeemShareLinkResponse200ItemRole",
    "ReportActivityBody",
    "ReportActivityBodyKindsItem",
    "RestartWorkbenchResponse200",
    "RestoreWorkbenchResponse200",
    "SetQuotaBody",
    "SetQuotaResponse200",
    "SetQuotaResponse200Item",
    "SetQuotaResponse200ItemLimits",
    "SetShareBody",
    "SetShareBodyRole",
    "SetShareResponse200",
    "SetShareResponse200Item",
    "SetShareResponse200ItemRole",
    "StartSweepBody",
    "StartSweepBodySweep",
    "StartSweepResponse202",
    "StartSweepResponse202Item",
    "StartSweepResponse202ItemSweep",
    "StartWorkbenchResponse200",
    "StopWorkbenchResponse200",
    "UpdateWorkbenchBody",
    "UpdateWorkbenchBodyLabels",
    "UpdateWorkbenchBodyOnInterruption",
    "UpdateWorkbenchBodyScheduleType0",
    "UpdateWorkbenchResponse200",
    "WithdrawOfferResponse200",
    "Workbench",
    "WorkbenchCost",
    "WorkbenchCostFiles",
    "WorkbenchDesiredStatus",
    "WorkbenchIdleBecause",
    "WorkbenchLabels",
    "WorkbenchOnInterruption",
    "WorkbenchRole",
    "WorkbenchSchedule",
    "WorkbenchStatus",
    "WorkbenchStatusReason",
    "WorkbenchStatusReasonCode",
    "WorkbenchStopsBecause",
)
