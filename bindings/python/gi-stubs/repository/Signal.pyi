# SPDX-License-Identifier: LGPL-2.1-or-later
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, ClassVar, Literal, TypeVar, overload

from gi.repository import Gio, GLib, GObject, Json, Soup

_T = TypeVar('_T')
_Ready = Callable[..., object]

MAJOR_VERSION: int
MICRO_VERSION: int
MINOR_VERSION: int
VERSION_S: str

def error_quark() -> int: ...
def run(coroutine: Coroutine[Any, Any, _T], *, debug: bool | None = None) -> _T: ...

class ConnectionState(GObject.GEnum):
    DISCONNECTED: ClassVar[ConnectionState]
    CONNECTING: ClassVar[ConnectionState]
    CONNECTED: ClassVar[ConnectionState]
    AUTHENTICATING: ClassVar[ConnectionState]
    AUTHENTICATED: ClassVar[ConnectionState]
    RECONNECTING: ClassVar[ConnectionState]

class Error(GObject.GEnum):
    FAILED: ClassVar[Error]
    NOT_CONNECTED: ClassVar[Error]
    CRYPTO: ClassVar[Error]
    PROTOCOL: ClassVar[Error]
    AUTHENTICATION_FAILED: ClassVar[Error]
    ENCRYPTION_REQUIRED: ClassVar[Error]
    TIMED_OUT: ClassVar[Error]
    RETRIES_EXHAUSTED: ClassVar[Error]
    OUTBOX_FULL: ClassVar[Error]
    TOO_LARGE: ClassVar[Error]
    INVALID_ARGUMENT: ClassVar[Error]
    INSECURE: ClassVar[Error]
    SERVER: ClassVar[Error]

class Message(GObject.GBoxed):
    @property
    def event(self) -> str: ...
    @property
    def payload(self) -> Any: ...
    @property
    def id(self) -> str | None: ...
    def get_event(self) -> str: ...
    def get_id(self) -> str | None: ...
    def get_payload(self) -> Json.Node | None: ...
    def get_payload_json(self) -> str | None: ...
    def is_encrypted(self) -> bool: ...

class _Messages(AsyncIterator[Message]):
    @property
    def dropped(self) -> int: ...
    def __aiter__(self) -> AsyncIterator[Message]: ...
    async def __anext__(self) -> Message: ...
    def close(self) -> None: ...
    async def aclose(self) -> None: ...
    async def __aenter__(self) -> _Messages: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class Client(GObject.Object):
    class Props(GObject.Object.Props):
        server_url: str | None
        ecdh_info: str
        auto_join_rooms: list[str]
        max_retries: int
        base_interval: int
        backoff_multiplier: float
        max_interval: int
        jitter: float
        heartbeat_interval: int
        liveness_timeout: int
        connect_timeout: int
        outbox_limit: int
        outbox_ttl: int
        max_message_size: int
        max_incoming_size: int
        require_encryption: bool
        allow_insecure: bool
        tls_database: Gio.TlsDatabase | None
        tls_certificate: Gio.TlsCertificate | None
        proxy_resolver: Gio.ProxyResolver | None
        headers: Soup.MessageHeaders | None
        network_monitor: Gio.NetworkMonitor | None
        state: ConnectionState
        client_id: str | None
        user_id: str | None
        rooms: list[str]
        encrypted: bool
        last_error: GLib.Error | None
        outbox_length: int
        buffered_amount: int
        attempts: int
        reconnects: int
        messages_sent: int
        messages_received: int
        bytes_sent: int
        bytes_received: int
        round_trip_time: int

    @property
    def props(self) -> Props: ...
    def __init__(
        self,
        *,
        server_url: str | None = None,
        ecdh_info: str = ...,
        token: str | None = None,
        auto_join_rooms: list[str] | tuple[str, ...] = ...,
        max_retries: int = 20,
        base_interval: int = 2000,
        backoff_multiplier: float = 1.5,
        max_interval: int = 30000,
        jitter: float = 0.2,
        heartbeat_interval: int = 30000,
        liveness_timeout: int = 10000,
        connect_timeout: int = 15000,
        outbox_limit: int = 256,
        outbox_ttl: int = ...,
        max_message_size: int = 131072,
        max_incoming_size: int = ...,
        require_encryption: bool = True,
        allow_insecure: bool = False,
        tls_database: Gio.TlsDatabase | None = None,
        tls_certificate: Gio.TlsCertificate | None = None,
        proxy_resolver: Gio.ProxyResolver | None = ...,
        headers: Soup.MessageHeaders | None = None,
        network_monitor: Gio.NetworkMonitor | None = ...,
    ) -> None: ...
    @classmethod
    def new(cls, server_url: str | None, ecdh_info: str | None) -> Client: ...
    @overload
    def connect_async(
        self,
        token: str | None = None,
        cancellable: Gio.Cancellable | None = None,
        callback: None = None,
    ) -> Coroutine[Any, Any, Literal[True]]: ...
    @overload
    def connect_async(
        self,
        token: str | None,
        cancellable: Gio.Cancellable | None,
        callback: _Ready,
        *user_data: object,
    ) -> None: ...
    def connect_finish(self, result: Gio.AsyncResult) -> Literal[True]: ...
    @overload
    def disconnect_async(
        self, cancellable: Gio.Cancellable | None = None, callback: None = None
    ) -> Coroutine[Any, Any, Literal[True]]: ...
    @overload
    def disconnect_async(
        self, cancellable: Gio.Cancellable | None, callback: _Ready, *user_data: object
    ) -> None: ...
    def disconnect_finish(self, result: Gio.AsyncResult) -> Literal[True]: ...
    def send_message(self, event: str, payload: Any = ...) -> Literal[True]: ...
    def send_json(self, event: str, json: str | None) -> Literal[True]: ...
    def join_rooms(self, rooms: list[str] | tuple[str, ...]) -> Literal[True]: ...
    def leave_rooms(self, rooms: list[str] | tuple[str, ...]) -> Literal[True]: ...
    def update_token(self, token: str | None) -> None: ...
    def reconnect_now(self) -> None: ...
    def messages(self, event: str | None = None, *, limit: int = 1000) -> _Messages: ...
    def get_state(self) -> ConnectionState: ...
    def get_client_id(self) -> str | None: ...
    def get_user_id(self) -> str | None: ...
    def get_rooms(self) -> list[str]: ...
    def get_encrypted(self) -> bool: ...
    def get_last_error(self) -> GLib.Error | None: ...
    def get_outbox_length(self) -> int: ...
    def get_buffered_amount(self) -> int: ...
    async def __aenter__(self) -> Client: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class Peer(GObject.Object):
    class Props(GObject.Object.Props):
        id: str
        user_id: str | None
        rooms: list[str]
        encrypted: bool
        remote_address: Gio.SocketAddress | None
        origin: str | None

    @property
    def props(self) -> Props: ...
    def get_id(self) -> str: ...
    def get_user_id(self) -> str | None: ...
    def get_rooms(self) -> list[str]: ...
    def get_encrypted(self) -> bool: ...
    def get_remote_address(self) -> Gio.SocketAddress | None: ...
    def get_origin(self) -> str | None: ...
    def close(self, code: int, reason: str | None) -> None: ...

class Server(GObject.Object):
    class Props(GObject.Object.Props):
        path: str
        ecdh_info: str
        require_encryption: bool
        default_rooms: list[str]
        auth_timeout: int
        heartbeat_timeout: int
        max_message_size: int
        max_peers: int
        max_pending: int
        max_rooms: int
        max_backlog: int
        tls_certificate: Gio.TlsCertificate | None
        allowed_origins: list[str]

    @property
    def props(self) -> Props: ...
    def __init__(
        self,
        *,
        path: str = '/ws',
        ecdh_info: str = ...,
        require_encryption: bool = True,
        default_rooms: list[str] | tuple[str, ...] = ...,
        auth_timeout: int = 5000,
        heartbeat_timeout: int = 90000,
        max_message_size: int = 131072,
        max_peers: int = ...,
        max_pending: int = ...,
        max_rooms: int = ...,
        max_backlog: int = ...,
        tls_certificate: Gio.TlsCertificate | None = None,
        allowed_origins: Sequence[str] = ...,
    ) -> None: ...
    @classmethod
    def new(cls) -> Server: ...
    def get_allowed_origins(self) -> list[str]: ...
    def set_allowed_origins(self, origins: Sequence[str] | None) -> None: ...
    def listen(self, address: str | None, port: int) -> Literal[True]: ...
    def get_uri(self) -> str | None: ...
    def send_to_peer(self, peer: Peer, event: str, payload: Any = ...) -> Literal[True]: ...
    def send_to_user(self, user_id: str, event: str, payload: Any = ...) -> Literal[True]: ...
    def send_to_room(
        self, room: str, event: str, payload: Any = ..., except_: Peer | None = None
    ) -> Literal[True]: ...
    def broadcast(self, event: str, payload: Any = ...) -> Literal[True]: ...
    @overload
    def stop_async(
        self, cancellable: Gio.Cancellable | None = None, callback: None = None
    ) -> Coroutine[Any, Any, Literal[True]]: ...
    @overload
    def stop_async(
        self, cancellable: Gio.Cancellable | None, callback: _Ready, *user_data: object
    ) -> None: ...
    def stop_finish(self, result: Gio.AsyncResult) -> Literal[True]: ...
