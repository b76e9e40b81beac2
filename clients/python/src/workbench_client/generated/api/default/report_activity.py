from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...models.report_activity_body import ReportActivityBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    wid: str,
    *,
    body: ReportActivityBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/workbenches/{wid}/activity".format(
            wid=quote(str(wid), safe=""),
        ),
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Error | GatewayError | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 400:

        def _parse_response_400(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_400_type_0 = Error.from_dict(data)

                return response_400_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_400_type_1 = GatewayError.from_dict(data)

            return response_400_type_1

        response_400 = _parse_response_400(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = GatewayError.from_dict(response.json())

        return response_401

    if response.status_code == 403:

        def _parse_response_403(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_403_type_0 = Error.from_dict(data)

                return response_403_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_403_type_1 = GatewayError.from_dict(data)

            return response_403_type_1

        response_403 = _parse_response_403(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Error.from_dict(response.json())

        return response_409

    if response.status_code == 413:

        def _parse_response_413(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_413_type_0 = Error.from_dict(data)

                return response_413_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_413_type_1 = GatewayError.from_dict(data)

            return response_413_type_1

        response_413 = _parse_response_413(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Error.from_dict(response.json())

        return response_415

    if response.status_code == 429:

        def _parse_response_429(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_429_type_0 = Error.from_dict(data)

                return response_429_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_429_type_1 = GatewayError.from_dict(data)

            return response_429_type_1

        response_429 = _parse_response_429(response.json())

        return response_429

    if response.status_code == 500:

        def _parse_response_500(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_500_type_0 = Error.from_dict(data)

                return response_500_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_500_type_1 = GatewayError.from_dict(data)

            return response_500_type_1

        response_500 = _parse_response_500(response.json())

        return response_500

    if response.status_code == 503:

        def _parse_response_503(data: object) -> Error | GatewayError:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_503_type_0 = Error.from_dict(data)

                return response_503_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_503_type_1 = GatewayError.from_dict(data)

            return response_503_type_1

        response_503 = _parse_response_503(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | Error | GatewayError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ReportActivityBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
) -> Response[Any | Error | GatewayError]:
    """Reports that a running workbench is used, so that it is not stopped for idleness.

     For programs that see what the gate does not, for example whether a kernel is busy. Report at most
    once a minute: of further reports within a minute only times are stored that are a minute later than
    the stored ones. Times in the past of earlier reports have no effect, times in the future count as
    now. The reports of a run do not count for the next one. Programs of the workbench send the token in
    `WB_ACTIVITY_TOKEN`, which is valid for this route and for their run, and need no `user_id`; after
    the run it is refused with 403.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ReportActivityBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        body=body,
        user_id=user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ReportActivityBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
) -> Any | Error | GatewayError | None:
    """Reports that a running workbench is used, so that it is not stopped for idleness.

     For programs that see what the gate does not, for example whether a kernel is busy. Report at most
    once a minute: of further reports within a minute only times are stored that are a minute later than
    the stored ones. Times in the past of earlier reports have no effect, times in the future count as
    now. The reports of a run do not count for the next one. Programs of the workbench send the token in
    `WB_ACTIVITY_TOKEN`, which is valid for this route and for their run, and need no `user_id`; after
    the run it is refused with 403.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ReportActivityBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error | Error | GatewayError | GatewayError
    """

    return sync_detailed(
        wid=wid,
        client=client,
        body=body,
        user_id=user_id,
    ).parsed


async def asyncio_detailed(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ReportActivityBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
) -> Response[Any | Error | GatewayError]:
    """Reports that a running workbench is used, so that it is not stopped for idleness.

     For programs that see what the gate does not, for example whether a kernel is busy. Report at most
    once a minute: of further reports within a minute only times are stored that are a minute later than
    the stored ones. Times in the past of earlier reports have no effect, times in the future count as
    now. The reports of a run do not count for the next one. Programs of the workbench send the token in
    `WB_ACTIVITY_TOKEN`, which is valid for this route and for their run, and need no `user_id`; after
    the run it is refused with 403.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ReportActivityBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        wid=wid,
        body=body,
        user_id=user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    wid: str,
    *,
    client: AuthenticatedClient | Client,
    body: ReportActivityBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
) -> Any | Error | GatewayError | None:
    """Reports that a running workbench is used, so that it is not stopped for idleness.

     For programs that see what the gate does not, for example whether a kernel is busy. Report at most
    once a minute: of further reports within a minute only times are stored that are a minute later than
    the stored ones. Times in the past of earlier reports have no effect, times in the future count as
    now. The reports of a run do not count for the next one. Programs of the workbench send the token in
    `WB_ACTIVITY_TOKEN`, which is valid for this route and for their run, and need no `user_id`; after
    the run it is refused with 403.

    Args:
        wid (str):
        user_id (str | Unset):
        body (ReportActivityBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error | Error | GatewayError | GatewayError
    """

    return (
        await asyncio_detailed(
            wid=wid,
            client=client,
            body=body,
            user_id=user_id,
        )
    ).parsed
