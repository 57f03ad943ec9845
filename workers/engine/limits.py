"""The limits of a request to this engine. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from workers.engine.errors import (
    CacheTooSmall,
    EmptyPrompt,
    InvalidParameter,
    PromptTooLong,
    TokenOutOfRange,
)
from workers.engine.request import Request
from workers.engine.text import Vocabulary


@dataclass(frozen=True, slots=True)
class Limits:
    """context: positions of the model; rows: of its embedding; cache_positions: all that the cache
    can hold at once."""

    context: int
    rows: int
    cache_positions: int
    vocabulary: Vocabulary

    def check(self, request: Request) -> None:
        """Raises the `RequestError` that says why a request can never be served here."""
        params = request.params
        if len(request.generated_ids) > params.max_tokens:
            raise InvalidParameter(
                "generated_ids",
                f"at most max_tokens {params.max_tokens} tokens",
                len(request.generated_ids),
            )
        for token_id in request.generated_ids:
            if token_id not in self.vocabulary.pieces:
                raise TokenOutOfRange(
                    f"Generated token {token_id} is none that this model generates.",
                    token_id=token_id,
                )
        for token_id, _ in params.logit_bias:
            if token_id >= self.rows:
                raise TokenOutOfRange(
                    f"logit_bias names token {token_id}, which is not one of the model's "
                    f"{self.rows}.",
                    token_id=token_id,
                )
        self.check_prompt(request.prompt_ids, max_tokens=params.max_tokens)
        need = len(request.prompt_ids) + params.max_tokens - 1
        if need > self.cache_positions:
            raise CacheTooSmall(
                f"The prompt's {len(request.prompt_ids)} tokens and max_tokens {params.max_tokens} "
                f"need {need} positions; this worker's cache holds {self.cache_positions}. Ask for "
                "fewer tokens.",
                needed=need,
                capacity=self.cache_positions,
            )

    def check_prompt(self, ids: tuple[int, ...], *, max_tokens: int) -> None:
        if not ids:
            raise EmptyPrompt("The prompt is empty. Write at least one character.")
        if len(ids) + max_tokens > self.context:
            more = f" and max_tokens {max_tokens}" if max_tokens else ""
            raise PromptTooLong(
                f"The prompt's {len(ids)} tokens{more} do not fit the model's context of "
                f"{self.context}. Shorten the prompt or ask for fewer tokens.",
                prompt_tokens=len(ids),
                max_tokens=max_tokens,
                context=self.context,
            )
        for token_id in ids:
            if not 0 <= token_id < self.rows:
                raise TokenOutOfRange(
                    f"Token {token_id} is not one of the model's {self.rows}.", token_id=token_id
                )
