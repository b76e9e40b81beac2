from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.drain_machine_body import DrainMachineBody
from ...models.drain_machine_response_200 import DrainMachineResponse200
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...types import UNSET, Response, Unset


def _get_kwargs(
    machine_id: str,
    *,
    body: DrainMachineBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/machines/{machine_id}/drain".format(
            machine_id=quote(str(machine_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DrainMachineResponse200 | Error | GatewayError | None:
    if response.status_code == 200:
        response_200 = DrainMachineResponse200.from_dict(response.json())

        return response_200

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
) -> Response[DrainMachineResponse200 | Error | GatewayError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    machine_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: DrainMachineBody | Unset = UNSET,
) -> Response[DrainMachineResponse200 | Error | GatewayError]:
    """Empties a machine: it takes no new workbench, and the workbenches on it are stopped at a given time.

     For operators; requires the admin scope. The owners see `status_detail` `machine_draining`,
    `stops_at` and an entry in the history. Without `by` each workbench runs until its next stop.
    Workbenches that the drain stops have the reason `machine_drained`; with `on_interruption` `restart`
    they start on another machine. A host is terminated at the next stop of its workbench, and the next
    start launches another. In local mode no workbench starts while the computer is drained. A repeated
    request replaces the time. If a request fails, the reconciler completes it within ten minutes.

    Args:
        machine_id (str):
        body (DrainMachineBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DrainMachineResponse200 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        machine_id=machine_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    machine_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: DrainMachineBody | Unset = UNSET,
) -> DrainMachineResponse200 | Error | GatewayError | None:
    """Empties a machine: it takes no new workbench, and the workbenches on it are stopped at a given time.

     For operators; requires the admin scope. The owners see `status_detail` `machine_draining`,
    `stops_at` and an entry in the history. Without `by` each workbench runs until its next stop.
    Workbenches that the drain stops have the reason `machine_drained`; with `on_interruption` `restart`
    they start on another machine. A host is terminated at the next stop of its workbench, and the next
    start launches another. In local mode no workbench starts while the computer is drained. A repeated
    request replaces the time. If a request fails, the reconciler completes it within ten minutes.

    Args:
        machine_id (str):
        body (DrainMachineBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DrainMachineResponse200 | Error | Error | GatewayError | GatewayError
    """

    return sync_detailed(
        machine_id=machine_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    machine_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: DrainMachineBody | Unset = UNSET,
) -> Response[DrainMachineResponse200 | Error | GatewayError]:
    """Empties a machine: it takes no new workbench, and the workbenches on it are stopped at a given time.

     For operators; requires the admin scope. The owners see `status_detail` `machine_draining`,
    `stops_at` and an entry in the history. Without `by` each workbench runs until its next stop.
    Workbenches that the drain stops have the reason `machine_drained`; with `on_interruption` `restart`
    they start on another machine. A host is terminated at the next stop of its workbench, and the next
    start launches another. In local mode no workbench starts while the computer is drained. A repeated
    request replaces the time. If a request fails, the reconciler completes it within ten minutes.

    Args:
        machine_id (str):
        body (DrainMachineBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DrainMachineResponse200 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        machine_id=machine_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    machine_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: DrainMachineBody | Unset = UNSET,
) -> DrainMachineResponse200 | Error | GatewayError | None:
    """Empties a machine: it takes no new workbench, and the workbenches on it are stopped at a given time.

     For operators; requires the admin scope. The owners see `status_detail` `machine_draining`,
    `stops_at` and an entry in the history. Without `by` each workbench runs until its next stop.
    Workbenches that the drain stops have the reason `machine_drained`; with `on_interruption` `restart`
    they start on another machine. A host is terminated at the next stop of its workbench, and the next
    start launches another. In local mode no workbench starts while the computer is drained. A repeated
    request replaces the time. If a request fails, the reconciler completes it within ten minutes.

    Args:
        machine_id (str):
        body (DrainMachineBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DrainMachineResponse200 | Error | Error | GatewayError | GatewayError
    """

    return (
        await asyncio_detailed(
            machine_id=machine_id,
            client=client,
            body=body,
        )
    ).parsed
