"""The result of a compression, as it is printed and kept."""

from __future__ import annotations

from pydantic import Field

from lpzero.result import Ends, Number, Result

COMPRESSED = "compressed.json"
"""The result of a compression, in the folder that it wrote."""


class Loss(Result):
    """The loss of one model on one text, beside that of the full model on the same windows.

    Attributes:
        model: ``"full"``, ``"chosen"`` as it is written, ``"chosen, not refitted"``, ``"chosen, not recovered"``, or
            the name of a control; behind it ``", recovered"`` where it recovered as the chosen one did.
        text: Name of the file.
        sha256: Of the text that the windows are of.
        windows: Stretches of the text, each by itself.
        tokens: Tokens that were predicted.
        context: Tokens of a window.
        loss: Mean over windows, in nats a token.
        above: How much above the full model's it is.
        interval: 95 % interval of ``above``, Student's t over windows, paired.
    """

    model: str
    text: str
    sha256: str
    windows: int
    tokens: int
    context: int
    loss: float
    above: float
    interval: Ends


class Kept(Result):
    """What stays of one layer.

    Attributes:
        layer: Its place in the checkpoint.
        groups: Key-value groups, with their query heads.
        neurons: Feed-forward neurons.
    """

    layer: int
    groups: int
    neurons: int


class Measures(Result):
    """One count of the full model and of the smaller one.

    Attributes:
        full: Of the checkpoint.
        chosen: Of what is written.
        limit: The highest that was allowed; None where it was not limited.
    """

    full: Number
    chosen: Number
    limit: Number | None = None


class Choosing(Result):
    """How what stays was chosen.

    Attributes:
        importance: By which importance.
        plain: Whether among those alone that an ordinary configuration says.
        expected: What the choice is expected to cost: the costs of its layers, summed, before any refit. Nats a token
            of divergence from the full model, where the importance is in them.
        bound: No other choice is expected to cost less.
        measured: How many of these costs were measured; the others are estimates.
        divergence: What it does cost, on the calibration windows: the additivity of costs is how far that is from
            ``expected``.
        tried: Choices whose joint divergence was compared; 0 where the cheapest by the sum was taken.
        unrepaired: The joint divergence of that one, on the same windows; None where nothing was compared.
    """

    importance: str
    plain: bool
    expected: float
    bound: float
    measured: int
    divergence: float
    tried: int = 0
    unrepaired: float | None = None


class Learned(Result):
    """How what stays learned from the full model.

    Attributes:
        steps: Steps.
        seconds: Seconds of training.
        divergence: At each step, before it, from the full model on its windows, in nats a token.
        loss: The language-model loss at each step, likewise.
    """

    steps: int
    seconds: float
    divergence: list[float]
    loss: list[float]


class Running(Result):
    """What running a model takes, on one thread where it is on the CPU.

    Attributes:
        read: Tokens a second of a pass over one window.
        written: Tokens a second when it writes with a cache; None where it does not write.
        memory: Most bytes that the pass holds at once, weights included.
    """

    read: Number
    written: Number | None
    memory: int


class Sample(Result):
    """What both models write after the same words.

    Attributes:
        prompt: The words.
        full: The full model, always the likeliest token.
        chosen: The smaller one.
    """

    prompt: str
    full: str
    chosen: str


class CompressResult(Result):
    """What became of a checkpoint.

    Attributes:
        checkpoint: Its folder.
        family: What its configuration calls it.
        out: The folder that was written.
        form: ``"plain"``, ``"own_code"``, ``"block_configs"`` or ``"gguf"``.
        parameters: Numbers in the files that were written.
        bytes: Bytes of these files.
        filling: Of these numbers those that stand there for the readers of the form alone.
        counts: By name.
        layers: What stays of each layer of the checkpoint.
        choosing: How it was chosen.
        calibration_sha256: Of the text that was looked at for it.
        refitted_on: Tokens that what stays was refitted on; 0 where it was not.
        elastic: How an adapter learned before the choice, step by step of other sub-networks; None where none did.
        recovery: How it learned from the full model; None where it did not.
        losses: Of every model on every text.
        notes: What a user should know.
        sample: What both write; None for a masked objective.
        running: What running the full model and the chosen one takes; with a limit on latency that of the control
            that drops whole layers too.
        seed: Of all draws.
        seconds: How long it took, by step.
    """

    schema_: int = Field(alias="schema")
    checkpoint: str
    family: str
    out: str
    form: str
    parameters: int
    bytes: int
    filling: int
    counts: dict[str, Measures]
    layers: list[Kept]
    choosing: Choosing
    calibration_sha256: str
    refitted_on: int
    elastic: Learned | None = None
    recovery: Learned | None
    losses: list[Loss]
    notes: list[str]
    sample: Sample | None
    running: dict[str, Running]
    seed: int
    seconds: dict[str, float]

    def loss(self, model: str, text: str) -> Loss:
        """The loss of a model on a text; raises KeyError where it was not measured."""
        for one in self.losses:
            if (one.model, one.text) == (model, text):
                return one
        raise KeyError((model, text))
