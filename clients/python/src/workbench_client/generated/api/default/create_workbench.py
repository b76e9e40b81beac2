from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_workbench_body import CreateWorkbenchBody
from ...models.create_workbench_response_200_type_0 import (
    CreateWorkbenchResponse200Type0,
)
from ...models.create_workbench_response_200_type_1 import (
    CreateWorkbenchResponse200Type1,
)
from ...models.create_workbench_response_201 import CreateWorkbenchResponse201
from ...models.error import Error
from ...models.gateway_error import GatewayError
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CreateWorkbenchBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["dry_run"] = dry_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/workbenches",
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> (
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
    | None
):
    if response.status_code == 200:

        def _parse_response_200(
            data: object,
        ) -> CreateWorkbenchResponse200Type0 | CreateWorkbenchResponse200Type1:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = CreateWorkbenchResponse200Type0.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_200_type_1 = CreateWorkbenchResponse200Type1.from_dict(data)

            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = CreateWorkbenchResponse201.from_dict(response.json())

        return response_201

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

    if response.status_code == 422:
        response_422 = Error.from_dict(response.json())

        return response_422

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
) -> Response[
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateWorkbenchBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> Response[
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
]:
    """Creates a workbench and starts it.

     Responds as soon as the request is stored. Poll the workbench until its status is `running`. A
    request without a body counts as an empty object. `template` and `size` fill in what the body does
    not set: a retry with the same Idempotency-Key returns the first workbench also after their settings
    have changed. With `dry_run=true` nothing is written, the Idempotency-Key is not used, and the
    response says what the workbench would cost, and hold and leave of the quota; what would be refused
    is refused.

    Args:
        user_id (str | Unset):
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (CreateWorkbenchBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateWorkbenchResponse200Type0 | CreateWorkbenchResponse200Type1 | CreateWorkbenchResponse201 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        body=body,
        user_id=user_id,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateWorkbenchBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> (
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
    | None
):
    """Creates a workbench and starts it.

     Responds as soon as the request is stored. Poll the workbench until its status is `running`. A
    request without a body counts as an empty object. `template` and `size` fill in what the body does
    not set: a retry with the same Idempotency-Key returns the first workbench also after their settings
    have changed. With `dry_run=true` nothing is written, the Idempotency-Key is not used, and the
    response says what the workbench would cost, and hold and leave of the quota; what would be refused
    is refused.

    Args:
        user_id (str | Unset):
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (CreateWorkbenchBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateWorkbenchResponse200Type0 | CreateWorkbenchResponse200Type1 | CreateWorkbenchResponse201 | Error | Error | GatewayError | GatewayError
    """

    return sync_detailed(
        client=client,
        body=body,
        user_id=user_id,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateWorkbenchBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> Response[
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
]:
    """Creates a workbench and starts it.

     Responds as soon as the request is stored. Poll the workbench until its status is `running`. A
    request without a body counts as an empty object. `template` and `size` fill in what the body does
    not set: a retry with the same Idempotency-Key returns the first workbench also after their settings
    have changed. With `dry_run=true` nothing is written, the Idempotency-Key is not used, and the
    response says what the workbench would cost, and hold and leave of the quota; what would be refused
    is refused.

    Args:
        user_id (str | Unset):
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (CreateWorkbenchBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateWorkbenchResponse200Type0 | CreateWorkbenchResponse200Type1 | CreateWorkbenchResponse201 | Error | Error | GatewayError | GatewayError]
    """

    kwargs = _get_kwargs(
        body=body,
        user_id=user_id,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateWorkbenchBody | Unset = UNSET,
    user_id: str | Unset = UNSET,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> (
    CreateWorkbenchResponse200Type0
    | CreateWorkbenchResponse200Type1
    | CreateWorkbenchResponse201
    | Error
    | GatewayError
    | None
):
    """Creates a workbench and starts it.

     Responds as soon as the request is stored. Poll the workbench until its status is `running`. A
    request without a body counts as an empty object. `template` and `size` fill in what the body does
    not set: a retry with the same Idempotency-Key returns the first workbench also after their settings
    have changed. With `dry_run=true` nothing is written, the Idempotency-Key is not used, and the
    response says what the workbench would cost, and hold and leave of the quota; what would be refused
    is refused.

    Args:
        user_id (str | Unset):
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (CreateWorkbenchBody | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateWorkbenchResponse200Type0 | CreateWorkbenchResponse200Type1 | CreateWorkbenchResponse201 | Error | Error | GatewayError | GatewayError
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            user_id=user_id,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
    ).parsed
