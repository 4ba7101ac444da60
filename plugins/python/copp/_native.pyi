from typing import Any, Callable, TypeVar

F = TypeVar("F", bound=Callable[..., object])

class _FFI:
    NULL: Any
    def def_extern(self, name: str = ..., error: object = ..., onerror: Callable[..., object] = ...) -> Callable[[F], F]: ...
    def __getattr__(self, name: str) -> Any: ...

ffi: _FFI
lib: Any
