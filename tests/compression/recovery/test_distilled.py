"""What is missed and its gradient, against the plain formulas and their derivatives by autograd."""

import pytest
import torch
from torch.nn import functional

from lpzero.compression.losses import divergence
from lpzero.compression.recovery import distilled as module
from lpzero.compression.recovery.distilled import distilled
from lpzero.compression.texts import IGNORED


def drawn(kind: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    logits, answers = (2 * torch.randn(2, 7, 11, generator=rng) for _ in range(2))
    labels = torch.randint(0, 11, (2, 7), generator=rng)
    labels[:, -1] = IGNORED
    return logits.to(kind).requires_grad_(), labels, answers


@pytest.mark.parametrize("weight", [0.0, 0.7])
@pytest.mark.parametrize("read", [1, 33, 10_000])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_losses_and_gradient_are_those_of_the_plain_formulas(
    weight: float, read: int, kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ", read)
    logits, labels, answers = drawn(kind)
    far = divergence(answers.log_softmax(-1), logits).mean()
    loss = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    (expected,) = torch.autograd.grad(3 * (far + weight * loss), [logits])

    found = distilled(logits, labels, list(answers), weight)
    (gradient,) = torch.autograd.grad(3 * found.total, [logits])

    assert found.divergence == pytest.approx(float(far.detach()), rel=1e-5)
    assert found.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    assert float(found.total.detach()) == pytest.approx(float((far + weight * loss).detach()), rel=1e-5)
    assert gradient.dtype == kind
    close = 1e-6 if kind == torch.float32 else 4e-3
    assert torch.allclose(gradient, expected, rtol=2 * close, atol=close * float(expected.abs().max()))


def test_what_was_given_stays_as_it_is() -> None:
    logits, labels, answers = drawn(torch.float32)
    before = [logits.detach().clone(), labels.clone(), answers.clone()]
    distilled(logits, labels, list(answers), 1.0).total.backward()
    assert all(torch.equal(one, other) for one, other in zip(before, (logits.detach(), labels, answers), strict=True))


def test_a_text_without_labels_is_learned_from_the_checkpoint_alone() -> None:
    logits, labels, answers = drawn(torch.float32)
    found = distilled(logits, torch.full_like(labels, IGNORED), list(answers))
    found.total.backward()
    assert found.divergence > 0
    assert logits.grad is not None and bool(logits.grad.isfinite().all())
