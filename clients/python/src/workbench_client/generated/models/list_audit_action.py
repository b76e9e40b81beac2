from enum import Enum


class ListAuditAction(str, Enum):
    ACCEPT_OWNER = "accept_owner"
    CANCEL_DRAIN = "cancel_drain"
    CHANGE_OWNER = "change_owner"
    CREATE_LINK = "create_link"
    CREATE_WORKBENCH = "create_workbench"
    DELETE_LINK = "delete_link"
    DELETE_SHARE = "delete_share"
    DELETE_WORKBENCH = "delete_workbench"
    DRAIN_MACHINE = "drain_machine"
    END_SESSIONS = "end_sessions"
    ENTER_WORKBENCH = "enter_workbench"
    EXTEND_WORKBENCH = "extend_workbench"
    LIST_LINKS = "list_links"
    LIST_MACHINES = "list_machines"
    LIST_PROVIDERS = "list_providers"
    LIST_SHARES = "list_shares"
    LIST_TEMPLATES = "list_templates"
    LIST_WORKBENCHES = "list_workbenches"
    OFFER_OWNER = "offer_owner"
    OPEN_WORKBENCH = "open_workbench"
    READ_AUDIT = "read_audit"
    READ_CALLER = "read_caller"
    READ_HISTORY = "read_history"
    READ_LINK = "read_link"
    READ_LOGS = "read_logs"
    READ_QUOTA = "read_quota"
    READ_QUOTA_SCOPE = "read_quota_scope"
    READ_REPORTS = "read_reports"
    READ_START_TIMES = "read_start_times"
    READ_USAGE = "read_usage"
    READ_WORKBENCH = "read_workbench"
    REDEEM_LINK = "redeem_link"
    REPORT_ACTIVITY = "report_activity"
    RESTART_WORKBENCH = "restart_workbench"
    RESTORE_WORKBENCH = "restore_workbench"
    SET_QUOTA = "set_quota"
    SET_SHARE = "set_share"
    SIGN_IN = "sign_in"
    START_SWEEP = "start_sweep"
    START_WORKBENCH = "start_workbench"
    STOP_WORKBENCH = "stop_workbench"
    UPDATE_WORKBENCH = "update_workbench"
    WITHDRAW_OWNER_OFFER = "withdraw_owner_offer"

    @classmethod
    def _missing_(cls, value: object) -> "ListAuditAction | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
