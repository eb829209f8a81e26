"""What a run takes before it begins and what it took: tokens, and money where the prices are known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from interview.summary.rules.prompt import ANSWER_TOKENS


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a million tokens sent and answered, where known."""

    input: Decimal | None
    output: Decimal | None

    def micros(self, input_tokens: int | None, output_tokens: int | None) -> int | None:
        """Return what some tokens cost, in millionths of the currency, rounded up; None where that is not known."""
        if self.input is None or self.output is None or input_tokens is None or output_tokens is None:
            return None
        exact = self.input * input_tokens + self.output * output_tokens
        return int(exact.to_integral_value(rounding=ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take at most: questions, tokens sent and answered, cost in millionths (None: no prices)."""

    parts_count: int
    input_tokens: int
    output_tokens: int
    micros: int | None

    @property
    def tokens(self) -> int:
        """Return all tokens."""
        return self.input_tokens + self.output_tokens


def estimated(question_tokens: Sequence[int], price: Price) -> Estimate:
    """Estimate a run from the tokens of its questions: each may be asked twice and answered at full length."""
    sent, answered = sum(question_tokens) * 2, len(question_tokens) * ANSWER_TOKENS * 2
    return Estimate(len(question_tokens), sent, answered, price.micros(sent, answered))


def money(micros: int | None, currency: str) -> str:
    """Say an amount: two decimals, four for less than a cent's tenfold; "not known" where it is not."""
    if micros is None:
        return "not known"
    amount = Decimal(micros) / 1_000_000
    return f"{amount:.2f} {currency}" if amount >= Decimal("0.1") else f"{amount:.4f} {currency}"
