"""OpenAI's messages as a prompt and a completion: a chat that the assistant goes on."""

from typing import Any

_SPEAKERS = {"user": "User", "assistant": "Assistant", "tool": "Tool", "function": "Tool"}
_INSTRUCTING = ("system", "developer")


class MessagesFault(Exception):
    """The messages have no prompt and completion; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def divide_messages(messages: Any) -> tuple[str, str]:
    """Everything before the last message, and that.

    >>> divide_messages([{"role": "user", "content": "Hello"},
    ...                  {"role": "assistant", "content": "Good day"}])
    ('User: Hello\\nAssistant:', ' Good day')
    """
    if not isinstance(messages, list) or not messages:
        raise MessagesFault("messages_malformed")
    turns = [_turn(message) for message in messages]
    role, answer = turns[-1]
    if role != "assistant":
        raise MessagesFault("messages_without_answer")
    lines = [
        text if role in _INSTRUCTING else f"{_SPEAKERS[role]}: {text}" for role, text in turns[:-1]
    ]
    return "\n".join([*lines, "Assistant:"]), f" {answer}" if answer else ""


def _turn(message: Any) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise MessagesFault("messages_malformed")
    role, content = message.get("role"), message.get("content")
    if role not in _SPEAKERS and role not in _INSTRUCTING:
        raise MessagesFault("messages_malformed")
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    if content is None and role == "assistant":
        content = ""
    if not isinstance(content, str):
        raise MessagesFault("messages_malformed")
    return str(role), content.strip()


def _part(part: Any) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise MessagesFault("messages_malformed")
