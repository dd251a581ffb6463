"""Feed-forwards as people write them, each with the tape of its model (:mod:`tests.scoring.written`)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.scoring.written import EXPERTS, INNER, WIDTH, NewGELU, Part, Tape, linear


class Feed(Part):
    """Up, a non-linearity, down."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.up, self.act, self.down = linear(WIDTH, INNER), nn.GELU(), linear(INNER, WIDTH)

    def inner(self, x: Tensor) -> Tensor:
        """What stands behind the non-linearity."""
        return self.tape.note("activation", self.act(self.up(x)))

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        out: Tensor = self.down(self.inner(x))
        return out


class Own(Feed):
    """A non-linearity that somebody wrote again."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.act = NewGELU()  # type: ignore[assignment]


class Function(Feed):
    """A non-linearity without a module."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        del self.act

    def inner(self, x: Tensor) -> Tensor:
        """What stands behind the non-linearity."""
        return self.tape.note("activation", functional.gelu(self.up(x)))


class Gated(Feed):
    """A gate beside it."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.gate, self.act = linear(WIDTH, INNER), nn.SiLU()  # type: ignore[assignment]

    def inner(self, x: Tensor) -> Tensor:
        """The gate times the rest."""
        return self.tape.note("activation", self.act(self.gate(x))) * self.up(x)


class FusedGate(Feed):
    """Both in one module."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.up = linear(WIDTH, 2 * INNER)

    def inner(self, x: Tensor) -> Tensor:
        """The gate times the rest."""
        gate, rest = self.up(x).chunk(2, -1)
        return self.tape.note("activation", self.act(gate)) * rest


class Chunks(Feed):
    """Three tokens at a time."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        return torch.cat([super(Chunks, self).forward(part) for part in x.split(3, 1)], 1)


class Over(Feed):
    """What it computes is written over."""

    def inner(self, x: Tensor) -> Tensor:
        """What stands behind the non-linearity, and is moved."""
        h = super().inner(x)
        h -= 0.5
        return h


class Flat(Feed):
    """One row a token."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        return super().forward(x.reshape(-1, WIDTH)).view_as(x)


class Pointwise(Feed):
    """Convolutions of one tap."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.up, self.down = nn.Conv1d(WIDTH, INNER, 1, bias=False), nn.Conv1d(INNER, WIDTH, 1, bias=False)  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        return super().forward(x.mT).mT


class Twice(Feed):
    """The same feed-forward again on what it gave."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        return super().forward(super().forward(x))


class Experts(Part):
    """Each token goes to the best experts, whose parts are modules."""

    best = 1

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.router, self.experts = linear(WIDTH, EXPERTS), nn.ModuleList(Feed(tape) for _ in range(EXPERTS))

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        rows = x.reshape(-1, WIDTH)
        weights, chosen = self.router(rows).softmax(-1).topk(self.best, -1)
        out = torch.zeros_like(rows)
        for number, expert in enumerate(self.experts):
            token, place = torch.where(chosen == number)
            if len(token):
                out = out.index_add(0, token, expert(rows[token]) * weights[token, place, None])
        return out.view_as(x)


class TopTwo(Experts):
    """Two experts a token."""

    best = 2


class Stacked(Part):
    """All experts in one tensor, all of them for every token."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self.router, self.act = linear(WIDTH, EXPERTS), nn.SiLU()
        self.up = nn.Parameter(torch.randn(EXPERTS, WIDTH, INNER) / 4)
        self.down = nn.Parameter(torch.randn(EXPERTS, INNER, WIDTH) / 5)

    def forward(self, x: Tensor) -> Tensor:
        """The stream to what is added to it."""
        weights = self.router(x).softmax(-1)
        inner = self.tape.note("activation", self.act(torch.einsum("btw,ewi->ebti", x, self.up)))
        return (torch.einsum("ebti,eiw->ebtw", inner, self.down) * weights.permute(2, 0, 1)[..., None]).sum(0)
